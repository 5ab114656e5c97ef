/*
 * Who is asking, and may they: SAS tokens against policies and device keys.
 */
#ifndef TWINDECK_CORE_HUB_AUTH_H
#define TWINDECK_CORE_HUB_AUTH_H

#include <stdint.h>

#include <openssl/x509.h>

struct err;
struct hub;
struct hub_auth;

/* Remembers the service tokens it has verified, some of them. */
struct hub_auth *hub_auth_new(struct hub *hub);
void hub_auth_free(struct hub_auth *auth); /* wipes them; NULL does nothing */

/*
 * Checks a service token for all of these rights (enum hub_right) on a
 * resource ("/devices/d1", decoded).  token is the Authorization header, or
 * NULL.  0, or -1 with err set (ERR_UNAUTHORIZED); the text is for the log,
 * the caller answers 401.
 */
int hub_auth_service(struct hub_auth *auth, const char *token, const char *path,
    int rights, struct err *err);

/*
 * The same by the machine's own clock, for what is not of IoT Hub: a
 * clock-skew on purpose must not lock out who wants to end it.
 */
int hub_auth_control(struct hub_auth *auth, const char *token, const char *path,
    int rights, struct err *err);

/*
 * Checks the token of a device or a module (see who.h): its own key, or a
 * policy with HUB_DEVICE_CONNECT.  expiry_s gets the end of the token (Unix
 * time), when its session has to end.  The identity must exist and its device
 * be enabled.  0, or -1 with err set (ERR_UNAUTHORIZED; ERR_REFUSED: it is
 * disabled).
 */
int hub_auth_device(struct hub *hub, const char *token, const char *who,
    int64_t *expiry_s, struct err *err);

/*
 * The same for one that has shown a certificate (NULL: none) in its TLS
 * handshake, and so that it has the key.  Of type selfSigned: the SHA-1 or
 * SHA-256 thumbprint has to be one of the identity's.  Of type
 * certificateAuthority: as hub_authority_check() says.
 */
int hub_auth_certificate(struct hub *hub, X509 *certificate,
    STACK_OF(X509) *chain, const char *who, struct err *err);

#endif
