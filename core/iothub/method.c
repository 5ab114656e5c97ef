#include "config.h"

#include "core/iothub/method.h"

#include <string.h>

#include "core/base/err.h"

int
method_name_check(const char *name, struct err *err)
{
	size_t len = strlen(name);
	const char *p;

	if (len == 0 || len > METHOD_NAME_MAX)
		return err_set(err, ERR_INVALID,
		    "a method name has 1 to %d characters, this one %zu",
		    METHOD_NAME_MAX, len);
	for (p = name; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || strchr("/#+?", *p) != NULL)
			return err_set(err, ERR_INVALID,
			    "a method name holds none of / # + ? and no "
			    "control character");
	return 0;
}
