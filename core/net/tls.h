/*
 * TLS contexts: one for a server, one for a client and the one host it may
 * talk to.  TLS 1.2 and 1.3; buffers are released while a connection is idle.
 */
#ifndef TWINDECK_CORE_NET_TLS_H
#define TWINDECK_CORE_NET_TLS_H

#include <openssl/types.h>

struct bufferevent;
struct err;

/*
 * Asks clients for a certificate and takes any or none: whether it is good
 * for something is for the caller to say.  The certificate file may hold a
 * chain.  NULL with err set (ERR_IO).  Free with SSL_CTX_free().
 */
SSL_CTX *net_tls_server_new(
    const char *cert_file, const char *key_file, struct err *err);

/*
 * Trusts ca_file, or what the system trusts if it is NULL, and only a
 * certificate made out to host, a name or an address.  Also sends host as the
 * server name, which libmosquitto cannot when it is given an address.
 */
SSL_CTX *net_tls_client_new(
    const char *ca_file, const char *host, struct err *err);

/*
 * Writes what is queued, as far as the socket takes it without waiting: last
 * words, which a bufferevent would only write in the loop's next turn.  It is
 * to be freed then, and not before its handshake is over.
 */
void net_tls_flush(struct bufferevent *bev);

/*
 * What to do about a certificate that was refused, to be put behind reason:
 * empty, or "; …" where the reason is that nobody trusted has signed it.
 */
const char *net_tls_advice(const char *reason);

/* What OpenSSL has to say about the last failure, in one line, borrowed. */
const char *net_tls_reason(void);

#endif
