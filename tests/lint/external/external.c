/* SPDX-License-Identifier: MIT */
/*
 * external.c - the smallest program that uses the installed library
 */
#include <kanshiki/hash.h>
#include <kanshiki/image.h>
#include <kanshiki/version.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };

	if (!kan_hash_find("sha256") || !kan_image_format_list[0])
		return 1;
	if (argc > 1 && kan_image_open(&img, argv[1], NULL, &err) != KAN_OK)
		(void)printf("%s\n", err.msg);
	kan_image_close(img);
	(void)printf("kanshiki %s\n", KAN_VERSION);
	return 0;
}
