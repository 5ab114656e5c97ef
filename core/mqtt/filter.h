/*
 * Topic Names and Topic Filters: what they may be, and which covers which.
 */
#ifndef TWINDECK_CORE_MQTT_FILTER_H
#define TWINDECK_CORE_MQTT_FILTER_H

#include <stdbool.h>

#include "core/mqtt/reader.h"

/* One character at least, no wildcard [MQTT-4.7.3-1] [MQTT-3.3.2-2]. */
bool mqtt_topic_is_valid(struct mqtt_str topic_name);
/* '#' alone in the last level, '+' alone in its own [MQTT-4.7.1-2] [-3]. */
bool mqtt_filter_is_valid(struct mqtt_str topic_filter);
/* Both are valid. */
bool
mqtt_filter_matches(struct mqtt_str topic_filter, struct mqtt_str topic_name);

#endif
