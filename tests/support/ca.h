/*
 * A certificate authority of a test's own: PEM files in a folder that goes
 * with it.  What cannot be done fails the test.
 */
#ifndef TWINDECK_TESTS_SUPPORT_CA_H
#define TWINDECK_TESTS_SUPPORT_CA_H

struct test_ca;

struct test_cert {
	char cert_file[96];
	char key_file[96];
};

struct test_ca *test_ca_new(void);
void test_ca_free(struct test_ca *ca); /* NULL does nothing */

const char *test_ca_file(const struct test_ca *ca); /* borrowed */

/* names as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". */
void test_ca_issue(
    struct test_ca *ca, const char *names, struct test_cert *cert);

#endif
