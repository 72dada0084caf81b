/* SPDX-License-Identifier: MIT */
/*
 * replay.c - run a fuzz target over files, without a fuzzer
 *
 * Each argument is a file or a folder of files (no deeper).  The bytes of each file are put
 * directly before a page that cannot be touched, so that a read past the end is
 * a crash in every build, and the target is run twice, because it must not keep
 * anything from one input to the next.  No file at all is a failure: a corpus
 * that went missing must not look like a corpus that passed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define INPUT_MAX (16u << 20) /* a corpus holds small files */
#define PATH_LEN  4096

static void give_up(const char *path, const char *why)
{
	(void)fprintf(stderr, "replay: %s: %s\n", path, why);
	exit(EXIT_FAILURE);
}

static void read_all(const char *path, int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = read(fd, buf + done, len - done);

		if (n <= 0)
			give_up(path, n < 0 ? strerror(errno) : "it became shorter");
		done += (size_t)n;
	}
}

/* Map @len bytes that end where the mapping of @*size_out bytes is cut off. */
static uint8_t *map_guarded(const char *path, size_t len, size_t *size_out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	uint8_t *map =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0)
		give_up(path, strerror(errno));
	*size_out = room + page;
	return map;
}

static void replay_file(const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 0;
	struct stat st;
	uint8_t *map, *data;

	if (fd < 0 || fstat(fd, &st) != 0)
		give_up(path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)INPUT_MAX)
		give_up(path, "not a small file");
	map = map_guarded(path, (size_t)st.st_size, &size);
	data = map + (size - page - (size_t)st.st_size);
	read_all(path, fd, data, (size_t)st.st_size);
	(void)close(fd);
	(void)mprotect(map, size - page, PROT_READ); /* fails, rightly, for an empty input */
	for (int i = 0; i < 2; i++)
		(void)LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	(void)munmap(map, size);
}

static size_t replay_folder(const char *path)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, NULL, alphasort);
	size_t files = 0;

	if (n < 0)
		give_up(path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char name[PATH_LEN];
		int len = snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);

		if (len < 0 || (size_t)len >= sizeof(name))
			give_up(path, "name too long");
		if (list[i]->d_name[0] != '.') {
			replay_file(name);
			files++;
		}
		free(list[i]);
	}
	free(list);
	return files;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
	size_t files = 0;

	for (int i = 1; i < argc; i++) {
		if (is_folder(argv[i])) {
			files += replay_folder(argv[i]);
		} else {
			replay_file(argv[i]);
			files++;
		}
	}
	if (files == 0)
		give_up(argc > 1 ? argv[1] : "no argument", "no input to replay");
	(void)printf("replayed %zu inputs\n", files);
	return EXIT_SUCCESS;
}
