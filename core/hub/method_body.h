/*
 * What a request says of a direct method, in the body of a call and in that
 * of a job.
 */
#ifndef TWINDECK_CORE_HUB_METHOD_BODY_H
#define TWINDECK_CORE_HUB_METHOD_BODY_H

#include <stddef.h>

#include "core/hub/methods.h"
#include "core/iothub/error.h"

struct cJSON;
struct err;

/*
 * body is what text parses to; both must outlive the request, which points
 * into them.  0, or -1 with err set (ERR_INVALID, ERR_LIMIT).
 */
int hub_method_body_read(const char *text, size_t len,
    const struct cJSON *body, struct hub_method_request *request,
    struct err *err);

/* What a call that was not answered ends with; a static text. */
const char *hub_method_end_error(
    enum hub_method_end end, enum iothub_error_id *id);

#endif
