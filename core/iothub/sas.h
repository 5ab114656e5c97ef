/*
 * Shared access signatures: SharedAccessSignature sr=…&sig=…&se=…[&skn=…],
 * built by clients and devices, taken apart and checked by the hub.
 */
#ifndef TWINDECK_CORE_IOTHUB_SAS_H
#define TWINDECK_CORE_IOTHUB_SAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define SAS_TOKEN_MAX 4096 /* bytes of a whole token */
#define SAS_KEY_MIN 16     /* bytes of a decoded key, as IoT Hub asks */
#define SAS_KEY_MAX 64
#define SAS_DIGEST_SIZE 32 /* HMAC-SHA256 */

/* Bytes of a base64 key, or -1 unless SAS_KEY_MIN to SAS_KEY_MAX of them. */
int sas_key_decode(const char *base64, unsigned char key[SAS_KEY_MAX]);
/* A fresh random key of 32 bytes, base64; the caller's, and a secret. */
char *sas_key_new(void);

/*
 * Signs a token for resource ("host/devices/id", not yet encoded) until
 * expiry_s (Unix time).  policy may be NULL.  Returns the token (the caller's,
 * a secret), or NULL with err set when the key is no key.
 */
char *sas_token_new(const char *resource, const char *key_base64,
    const char *policy, int64_t expiry_s, struct err *err);

/* A token taken apart.  All strings are owned. */
struct sas_token {
	char *sr_raw;   /* as it was sent: what the signature covers */
	char *host;     /* lower case, without a port */
	char *path;     /* "/devices/d1", or "" for the whole hub */
	char *policy;   /* skn, or NULL */
	char *se_raw;   /* as it was sent */
	int64_t expiry_s;
	unsigned char signature[SAS_DIGEST_SIZE];
};

/* 0, or -1 with err set (ERR_UNAUTHORIZED) and the token empty. */
int sas_token_parse(const char *text, struct sas_token *token, struct err *err);
void sas_token_fini(struct sas_token *token);

/* Whether this base64 key signed it; in constant time, NULL says no. */
bool sas_token_signed_by(const struct sas_token *token, const char *key_base64);

/*
 * Whether the token's resource covers this one by whole segments: ""
 * covers all, "/devices/d1" covers "/devices/d1/modules/m".
 */
bool sas_token_covers(const struct sas_token *token, const char *path);

#endif
