/* SPDX-License-Identifier: MIT */
/*
 * evp.c - digests through OpenSSL's EVP interface
 *
 * The method is fetched once for each state: EVP_md5() and its like would look it
 * up again at every start of a digest, under a lock.
 */
#include "hash/evp.h"

#include "core/cleanup.h"

#include <openssl/evp.h>

struct evp {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

void kan_evp_close(void *state)
{
	struct evp *e = state;

	if (!e)
		return;
	EVP_MD_CTX_free(e->ctx);
	EVP_MD_free(e->md);
	free(e);
}

KAN_DEFINE_DROP(evp, struct evp *, kan_evp_close)

int kan_evp_open(void **out, const char *name, struct kan_err *err)
{
	KAN_AUTO(evp) struct evp *e = calloc(1, sizeof(*e));

	if (!e)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a digest");
	e->md = EVP_MD_fetch(NULL, name, NULL);
	if (!e->md)
		return kan_fail(err, KAN_EUNSUPPORTED, "the crypto library does not offer %s",
		                name);
	e->ctx = EVP_MD_CTX_new();
	if (!e->ctx || EVP_DigestInit_ex2(e->ctx, e->md, NULL) != 1)
		return kan_fail(err, KAN_ENOMEM, "cannot start a %s digest", name);
	*out = KAN_STEAL(e);
	return KAN_OK;
}

int kan_evp_update(void *state, const void *data, size_t len, struct kan_err *err)
{
	struct evp *e = state;

	if (EVP_DigestUpdate(e->ctx, data, len) != 1)
		return kan_fail(err, KAN_ENOMEM, "the crypto library failed in a digest");
	return KAN_OK;
}

int kan_evp_finish(void *state, uint8_t *digest, struct kan_err *err)
{
	struct evp *e = state;

	if (EVP_DigestFinal_ex(e->ctx, digest, NULL) != 1 ||
	    EVP_DigestInit_ex2(e->ctx, e->md, NULL) != 1)
		return kan_fail(err, KAN_ENOMEM, "the crypto library failed to end a digest");
	return KAN_OK;
}
