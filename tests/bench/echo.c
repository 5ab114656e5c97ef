/*
 * echo PORT-FILE CERT KEY: the least that an MQTT server over TLS can do, to
 * hold a round trip between hub and device against.  CONNECT gets its CONNACK,
 * a PUBLISH at QoS 0 comes back as it is.  Plain OpenSSL on epoll, without
 * buffers: it believes in clients that send whole packets.  Leaves when
 * standard input closes.
 */
#include "config.h"

#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "core/base/err.h"
#include "core/mqtt/frame.h"
#include "core/mqtt/protocol.h"
#include "core/net/tls.h"

#define READ_MAX 16384
#define EVENTS_MAX 64

static int
listen_somewhere(const char *port_file)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	FILE *file = fopen(port_file, "we");

	/* Accepted sockets inherit it. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (file == NULL || bind(fd, (struct sockaddr *)&address, len) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) == -1)
		err(1, "%s", port_file);
	fprintf(file, "%u\n", ntohs(address.sin_port));
	fclose(file);
	return fd;
}

static void
watch(int epoll, int fd, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == -1)
		err(1, "epoll");
}

static void
accept_one(int epoll, int listener, SSL_CTX *tls)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	SSL *ssl = SSL_new(tls);

	SSL_set_fd(ssl, fd);
	if (fd == -1 || SSL_accept(ssl) != 1) {
		SSL_free(ssl);
		close(fd);
		return;
	}
	watch(epoll, fd, ssl);
}

static bool
answer(SSL *ssl, const unsigned char *data, size_t len)
{
	static const unsigned char connack[] = { 0x20, 2, 0, 0 };
	struct mqtt_frame frame;
	size_t n;

	while (len > 0 &&
	    mqtt_frame_read(data, len, READ_MAX, &frame, NULL) == 1) {
		n = frame.header_len + frame.body_len;
		if (n > len)
			return false;
		if (frame.type == MQTT_CONNECT)
			SSL_write(ssl, connack, sizeof(connack));
		else if (frame.type == MQTT_PUBLISH)
			SSL_write(ssl, data, (int)n);
		data += n;
		len -= n;
	}
	return true;
}

static void
serve(SSL *ssl)
{
	unsigned char data[READ_MAX];
	int n = SSL_read(ssl, data, sizeof(data)), fd = SSL_get_fd(ssl);

	if (n > 0 && answer(ssl, data, (size_t)n))
		return;
	SSL_free(ssl);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct epoll_event events[EVENTS_MAX];
	struct err err = { 0 };
	int listener, epoll, n, i;
	char ignored[64];
	SSL_CTX *tls;

	if (argc != 4)
		errx(2, "usage: echo PORT-FILE CERT KEY");
	tls = net_tls_server_new(argv[2], argv[3], &err);
	if (tls == NULL)
		errx(1, "%s", err.text);
	/* A blocking read gives what there is; tickets would be no packet. */
	SSL_CTX_set_num_tickets(tls, 0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_somewhere(argv[1]);
	watch(epoll, listener, &listener);
	watch(epoll, STDIN_FILENO, NULL);
	for (;;) {
		n = epoll_wait(epoll, events, EVENTS_MAX, -1);
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &listener)
				accept_one(epoll, listener, tls);
			else if (events[i].data.ptr != NULL)
				serve(events[i].data.ptr);
			else if (read(STDIN_FILENO, ignored, sizeof(ignored)) <=
			    0)
				return 0;
		}
	}
}
