/*
 * The hub's CA and its certificate, made by OpenSSL where they are missing.
 */
#ifndef TWINDECK_CORE_HUB_CERTIFICATE_H
#define TWINDECK_CORE_HUB_CERTIFICATE_H

struct err;

struct hub_certificate_files {
	const char *ca;     /* PEM; what clients are told to trust */
	const char *ca_key; /* mode 0600, as key */
	const char *cert;   /* P-256, without its CA */
	const char *key;
};

/*
 * Makes what is not there: a CA, and a certificate made out to all the names
 * (host names and addresses; NULL ends).  A certificate that lacks a name, or
 * ends within a month, is made anew by the same CA.  0, or -1 with err set
 * (ERR_IO).
 */
int hub_certificate_make(const struct hub_certificate_files *files,
    const char *const *names, struct err *err);

#endif
