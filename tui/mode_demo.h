/* What the parts of the demo agree on. */
#ifndef TWINDECK_TUI_MODE_DEMO_H
#define TWINDECK_TUI_MODE_DEMO_H

#define DEMO_PREFIX "door-" /* what the device ids begin with */

#endif
