#include "config.h"

#include "core/net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/base/err.h"
#include "core/base/xalloc.h"

const char *
net_tls_reason(void)
{
	static char text[256];
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	if (reason == NULL)
		return "no reason given";
	strncpy(text, reason, sizeof(text) - 1);
	return text;
}

static SSL_CTX *
context_new(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	return ctx;
}

static int
accept_any_certificate(int preverify_ok, X509_STORE_CTX *store)
{
	(void)preverify_ok;
	(void)store;
	return 1;
}

SSL_CTX *
net_tls_server_new(const char *cert_file, const char *key_file, struct err *err)
{
	static const unsigned char session_id_context[] = "twindeck";
	SSL_CTX *ctx = context_new(TLS_server_method());

	if (ctx == NULL ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1) {
		err_set(err, ERR_IO, "cannot use the certificate %s: %s",
		    cert_file, net_tls_reason());
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
		SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any_certificate);
	/* Tickets hold all there is to resume: kept here as well, sessions
	 * would cost a search now and then, and some 20,000 of them memory.
	 * Nobody needs two tickets. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	/* A handshake derives a dozen keys with the hash of its cipher, and
	 * SHA-256 has instructions of its own where SHA-384 has not. */
	SSL_CTX_set_ciphersuites(ctx,
	    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	    "TLS_CHACHA20_POLY1305_SHA256");
	/* A client that resumes a session is refused without this. */
	SSL_CTX_set_session_id_context(
	    ctx, session_id_context, sizeof(session_id_context) - 1);
	return ctx;
}

static bool
is_address(const char *host)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, buf) == 1 ||
	    inet_pton(AF_INET6, host, buf) == 1;
}

static void
free_host(void *parent, void *host, CRYPTO_EX_DATA *ad, int idx, long argl,
    void *argp)
{
	(void)parent;
	(void)ad;
	(void)idx;
	(void)argl;
	(void)argp;
	free(host);
}

/* Where the context keeps its host name for on_handshake(). */
static int
host_index(void)
{
	static int index = -1;

	if (index == -1)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_host);
	return index;
}

static void
on_handshake(const SSL *ssl, int where, int ret)
{
	const char *host =
	    SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), host_index());

	(void)ret;
	/* OpenSSL hands out a const SSL, and lets its name be set here.
	 * libmosquitto has set the address by then, which is no server name. */
	if ((where & SSL_CB_HANDSHAKE_START) != 0 && host != NULL)
		SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, host);
}

/* OpenSSL's own word for a file that is not there is "system lib". */
static const char *
file_reason(const char *file)
{
	if (file != NULL && access(file, R_OK) == -1)
		return strerror(errno);
	return net_tls_reason();
}

static bool
trust(SSL_CTX *ctx, const char *ca_file)
{
	if (ca_file == NULL)
		return SSL_CTX_set_default_verify_paths(ctx) == 1;
	return SSL_CTX_load_verify_file(ctx, ca_file) == 1;
}

SSL_CTX *
net_tls_client_new(const char *ca_file, const char *host, struct err *err)
{
	SSL_CTX *ctx = context_new(TLS_client_method());
	X509_VERIFY_PARAM *param;

	if (ctx == NULL || !trust(ctx, ca_file)) {
		err_set(err, ERR_IO, "cannot read the CA certificates in %s: %s",
		    ca_file != NULL ? ca_file : "the system's store",
		    file_reason(ca_file));
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	param = SSL_CTX_get0_param(ctx);
	if (is_address(host)) {
		X509_VERIFY_PARAM_set1_ip_asc(param, host);
	} else {
		X509_VERIFY_PARAM_set_hostflags(
		    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		X509_VERIFY_PARAM_set1_host(param, host, 0);
		SSL_CTX_set_ex_data(ctx, host_index(), xstrdup(host));
		SSL_CTX_set_info_callback(ctx, on_handshake);
	}
	return ctx;
}

void
net_tls_flush(struct bufferevent *bev)
{
	struct evbuffer *output = bufferevent_get_output(bev);
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	struct evbuffer_ptr at;
	struct evbuffer_iovec piece;
	size_t n = 0;

	evbuffer_ptr_set(output, &at, 0, EVBUFFER_PTR_SET);
	while (evbuffer_peek(output, -1, &at, &piece, 1) > 0 &&
	    piece.iov_len > 0 &&
	    SSL_write_ex(ssl, piece.iov_base, piece.iov_len, &n) == 1 &&
	    evbuffer_ptr_set(output, &at, n, EVBUFFER_PTR_ADD) == 0)
		continue;
}

const char *
net_tls_advice(const char *reason)
{
	static const char *const unsigned_words[] = { "issuer certificate",
		"self-signed certificate", "verify the first certificate" };
	size_t i;

	for (i = 0; i < sizeof(unsigned_words) / sizeof(unsigned_words[0]); i++)
		if (strstr(reason, unsigned_words[i]) != NULL)
			return "; --ca-file names the CA to trust";
	return "";
}
