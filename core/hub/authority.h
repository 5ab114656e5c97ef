/*
 * The CAs whose certificates devices of type certificateAuthority show: those
 * of a file, which stand for what an operator has uploaded to IoT Hub.  An
 * intermediate CA in it is trusted as a root is.
 */
#ifndef TWINDECK_CORE_HUB_AUTHORITY_H
#define TWINDECK_CORE_HUB_AUTHORITY_H

#include <openssl/x509.h>

struct err;
struct hub_authority;

/* From a PEM file.  NULL with err set (ERR_INVALID): it has no certificate. */
struct hub_authority *hub_authority_new(const char *file, struct err *err);
void hub_authority_free(struct hub_authority *authority); /* NULL: nothing */

/*
 * Whether a certificate is good today, is signed by one of them, by way of
 * chain (what else was shown, or NULL), and has who (see who.h) as its Common
 * Name: 0, or -1 with err set (ERR_UNAUTHORIZED).  Without an authority none
 * is.
 */
int
hub_authority_check(const struct hub_authority *authority, X509 *certificate,
    STACK_OF(X509) * chain, const char *who, struct err *err);

#endif
