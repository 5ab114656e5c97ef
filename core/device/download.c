#include "config.h"

#include "core/device/download.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <openssl/evp.h>

#include "core/base/err.h"
#include "core/base/str.h"
#include "core/base/xalloc.h"
#include "core/net/http.h"

#define CHUNK ((size_t)64 * 1024) /* of a file, read in one turn */

struct device_download {
	struct net_http_call *call; /* of http and https, or NULL */
	int fd;                     /* of a file, or -1 */
	struct event *step;         /* the next piece of a file, or the end */
	EVP_MD_CTX *md;
	int64_t bytes;
	char *digest; /* that it must have, or NULL */
	struct err err;
	device_download_cb cb;
	void *arg;
};

static void
download_free(struct device_download *download)
{
	if (download->fd != -1)
		close(download->fd);
	event_free(download->step);
	EVP_MD_CTX_free(download->md);
	free(download->digest);
	free(download);
}

/* 0, or -1 when it is too much. */
static int
take(const char *data, size_t len, void *arg)
{
	struct device_download *download = arg;

	if ((int64_t)len > DEVICE_DOWNLOAD_MAX - download->bytes)
		return err_set(&download->err, ERR_LIMIT,
		    "the package is over %" PRId64 " bytes",
		    DEVICE_DOWNLOAD_MAX);
	EVP_DigestUpdate(download->md, data, len);
	download->bytes += (int64_t)len;
	return 0;
}

static void
check_digest(struct device_download *download)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned int len;

	if (download->digest == NULL)
		return;
	EVP_DigestFinal_ex(download->md, digest, &len);
	str_hex(hex, digest, len);
	if (strcmp(hex, download->digest) != 0)
		err_set(&download->err, ERR_INVALID,
		    "the package's SHA-256 is %s, not fwPackageCheckValue",
		    hex);
}

static void
finish(struct device_download *download)
{
	if (download->err.code == ERR_NONE)
		check_digest(download);
	download->cb(download->err.code != ERR_NONE ? &download->err : NULL,
	    download->bytes, download->arg);
	download_free(download);
}

static void
on_answer(
    struct net_http_call *call, const struct net_http_answer *answer, void *arg)
{
	struct device_download *download = arg;

	(void)call;
	download->call = NULL;
	if (download->err.code != ERR_NONE)
		err_prefix(&download->err, "the download failed");
	else if (answer->err->code != ERR_NONE)
		err_set(&download->err, answer->err->code,
		    "the download failed: %s", answer->err->text);
	else if (answer->status != 200)
		err_set(&download->err, ERR_REFUSED,
		    "the download failed: HTTP status %d", answer->status);
	finish(download);
}

/* A regular file is always ready; a turn of the loop lies between pieces. */
static void
on_step(evutil_socket_t fd, short what, void *arg)
{
	struct device_download *download = arg;
	char chunk[CHUNK];
	ssize_t n;

	(void)fd;
	(void)what;
	if (download->err.code != ERR_NONE) {
		finish(download);
		return;
	}
	n = read(download->fd, chunk, sizeof(chunk));
	if (n == -1 && errno != EINTR)
		err_set(&download->err, ERR_IO, "the download failed: %s",
		    strerror(errno));
	if (n == 0 || download->err.code != ERR_NONE ||
	    (n > 0 && take(chunk, (size_t)n, download) == -1)) {
		finish(download);
		return;
	}
	event_active(download->step, EV_TIMEOUT, 0);
}

/* file:///path or file://localhost/path */
static int
open_file(struct device_download *download, const char *uri)
{
	const char *rest = uri + strlen("file://");
	struct stat st;
	char *path = NULL;
	int rc = -1;

	if (strncasecmp(rest, "localhost/", 10) == 0)
		rest += strlen("localhost");
	path = xstrdup(rest);
	if (*path != '/' ||
	    str_percent_decode(path, strlen(path)) != strlen(path)) {
		err_set(&download->err, ERR_INVALID,
		    "the download failed: write file:///path");
		goto out;
	}
	/* Opening a pipe or a device could block, or do something. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		err_set(&download->err, ERR_INVALID,
		    "the download failed: not a regular file");
		goto out;
	}
	download->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (download->fd == -1) {
		err_set(&download->err, ERR_IO, "the download failed: %s",
		    strerror(errno));
		goto out;
	}
	rc = 0;
out:
	free(path);
	return rc;
}

struct device_download *
device_download_new(struct event_base *base, struct net_http *http,
    const char *uri, const char *digest, device_download_cb cb, void *arg)
{
	struct device_download *download = xcalloc(1, sizeof(*download));
	const struct net_http_request request = {
		.method = "GET",
		.url = uri,
		.repeatable = true,
		.timeout_ms = DEVICE_DOWNLOAD_TIMEOUT_MS,
		.on_body = take,
	};

	download->fd = -1;
	download->digest = xstrdup(digest);
	download->cb = cb;
	download->arg = arg;
	download->md = EVP_MD_CTX_new();
	EVP_DigestInit_ex(download->md, EVP_sha256(), NULL);
	download->step = event_new(base, -1, 0, on_step, download);
	if (strncasecmp(uri, "file://", 7) == 0) {
		open_file(download, uri);
		event_active(download->step, EV_TIMEOUT, 0);
	} else {
		download->call =
		    net_http_send(http, &request, on_answer, download);
	}
	return download;
}

void
device_download_cancel(struct device_download *download)
{
	if (download == NULL)
		return;
	if (download->call != NULL)
		net_http_cancel(download->call);
	download_free(download);
}
