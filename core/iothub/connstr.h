/*
 * IoT Hub connection strings, of a service policy or of a device.
 */
#ifndef TWINDECK_CORE_IOTHUB_CONNSTR_H
#define TWINDECK_CORE_IOTHUB_CONNSTR_H

#include <stdbool.h>
#include <stdint.h>

struct err;

#define CONNSTR_MAX 4096 /* bytes that connstr_parse() reads */

/* Every string is owned, and NULL where the connection string has none. */
struct connstr {
	char *host;      /* as typed, with a port if there was one: for SAS */
	char *host_name; /* without the port: for connecting and TLS */
	uint16_t port;   /* HTTPS in a service string, MQTT in a device string;
			    0: the built-in one */
	char *policy;    /* SharedAccessKeyName */
	char *key;       /* SharedAccessKey, base64; a secret */
	char *signature; /* SharedAccessSignature; a secret */
	char *device_id;
	char *module_id;
	char *gateway;   /* GatewayHostName, as typed */
	bool x509;
};

/*
 * Reads a connection string; outer white space and quotes are taken off, an
 * unknown key is skipped.  Returns 0, or -1 with err set (ERR_INVALID, names
 * the key, never a value that may be secret; ERR_LIMIT) and cs left empty.
 */
int connstr_parse(const char *text, struct connstr *cs, struct err *err);
void connstr_fini(struct connstr *cs); /* wipes what is secret */

/* A service string names a policy and no device. */
bool connstr_is_service(const struct connstr *cs);

/*
 * Writes a string that the strictest SDK parser takes.  The caller's, and
 * a secret: see xfree_secret().
 */
char *connstr_format(const struct connstr *cs);

/*
 * The rules for ids (devices and modules): 1 to 128 of the characters that
 * IoT Hub allows.  0, or -1 with err set (ERR_INVALID).
 */
int device_id_check(const char *id, struct err *err);

#endif
