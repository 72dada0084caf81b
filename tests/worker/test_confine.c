/* SPDX-License-Identifier: MIT */
/*
 * test_confine.c - what a worker tries and must not be able to do
 *
 * Every attempt runs inside a worker and reports its errno; each is first shown
 * to succeed (or to be reachable) outside where that is harmless.
 */
#include "kanshiki/worker.h"
#include "core/cleanup.h"
#include "suite.h"
#include "worker/toy.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/syscall.h>

KAN_DEFINE_DROP(worker, struct kan_worker *, kan_worker_stop)

/* A folder with an allowed file, and one beside it. */
struct place {
	char dir[32];
	char inside[48];   /* in the folder that the worker may read */
	char outside[48];  /* in the one that it may not */
	char open_dir[48]; /* the folder that it may read */
	int writable_fd;   /* open in the parent */
	int socket_fd;
	int evidence_fd;
};

static void write_file(const char *path)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs("evidence", f);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_place(struct place *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/kan-confine-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->open_dir, sizeof(p->open_dir), "%s/in", p->dir);
	snprintf(p->inside, sizeof(p->inside), "%s/in/a", p->dir);
	snprintf(p->outside, sizeof(p->outside), "%s/b", p->dir);
	ck_assert_int_eq(mkdir(p->open_dir, 0700), 0);
	write_file(p->inside);
	write_file(p->outside);
	p->writable_fd = open(p->outside, O_RDWR | O_CLOEXEC);
	p->evidence_fd = open(p->outside, O_RDONLY | O_CLOEXEC);
	p->socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(p->writable_fd, 0);
	ck_assert_int_ge(p->evidence_fd, 0);
	ck_assert_int_ge(p->socket_fd, 0);
}

static void remove_place(const struct place *p)
{
	(void)close(p->writable_fd);
	(void)close(p->evidence_fd);
	(void)close(p->socket_fd);
	(void)unlink(p->inside);
	(void)unlink(p->outside);
	(void)rmdir(p->open_dir);
	ck_assert_int_eq(rmdir(p->dir), 0); /* nothing was left in it */
}

/* ---- attempts: each returns a negative number if it was refused --------------- */

static int open_inside(const struct place *p)
{
	return open(p->inside, O_RDONLY);
}

static int list_inside(const struct place *p)
{
	DIR *dir = opendir(p->open_dir);
	int n = dir && readdir(dir) ? 0 : -1;

	if (dir)
		closedir(dir);
	return n;
}

static int read_evidence(const struct place *p)
{
	char byte;

	return pread(p->evidence_fd, &byte, 1, 3) == 1 ? 0 : -1;
}

static int read_own_limit(const struct place *p)
{
	struct rlimit rl;

	(void)p;
	return getrlimit(RLIMIT_NOFILE, &rl);
}

static int open_outside(const struct place *p)
{
	return open(p->outside, O_RDONLY);
}

static int open_writable(const struct place *p)
{
	return open(p->inside, O_WRONLY);
}

static int open_truncating(const struct place *p)
{
	return open(p->inside, O_RDONLY | O_TRUNC);
}

static int create_file(const struct place *p)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new", p->open_dir);
	return open(path, O_RDONLY | O_CREAT, 0600);
}

static int create_unnamed(const struct place *p)
{
	return open(p->open_dir, O_TMPFILE | O_RDWR, 0600);
}

static int remove_file(const struct place *p)
{
	return unlink(p->inside);
}

static int rename_file(const struct place *p)
{
	return rename(p->inside, p->outside);
}

static int make_folder(const struct place *p)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/new", p->open_dir);
	return mkdir(path, 0700);
}

static int truncate_file(const struct place *p)
{
	return truncate(p->inside, 0);
}

static int change_mode(const struct place *p)
{
	return chmod(p->inside, 0777);
}

static int set_time(const struct place *p)
{
	return utimensat(AT_FDCWD, p->inside, NULL, 0);
}

static int use_writable_fd(const struct place *p)
{
	return (int)write(p->writable_fd, "x", 1);
}

static int use_foreign_socket(const struct place *p)
{
	struct stat st;

	return fstat(p->socket_fd, &st);
}

static int make_tcp_socket(const struct place *p)
{
	(void)p;
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int make_unix_pair(const struct place *p)
{
	int fds[2];

	(void)p;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static int run_program(const struct place *p)
{
	static char *const argv[] = { NULL };

	(void)p;
	return execve("/bin/true", argv, argv);
}

/* Without the wrapper, whose hooks of sanitizers would be confused. */
static int make_process(const struct place *p)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)p;
	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int signal_parent(const struct place *p)
{
	(void)p;
	return kill(getppid(), 0);
}

static int trace_parent(const struct place *p)
{
	(void)p;
	return (int)syscall(SYS_ptrace, 0x4206 /* PTRACE_SEIZE */, getppid(), 0, 0);
}

static int read_memory_of_parent(const struct place *p)
{
	struct iovec here = { (void *)(uintptr_t)p, 1 };

	return (int)syscall(SYS_process_vm_readv, getppid(), &here, 1, &here, 1, 0);
}

static int map_code(const struct place *p)
{
	(void)p;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	                       MAP_FAILED
	               ? -1
	               : 0;
}

static int raise_limit(const struct place *p)
{
	const struct rlimit rl = { RLIM_INFINITY, RLIM_INFINITY };

	(void)p;
	return setrlimit(RLIMIT_CORE, &rl);
}

static int open_ring(const struct place *p)
{
	uint8_t params[120] = { 0 };

	(void)p;
	return (int)syscall(425 /* io_uring_setup */, 1, params);
}

/* What has to be there for an attempt to be refused. */
enum needs { NOTHING, SECCOMP, LANDLOCK };

static const struct attempt {
	const char *name;
	int (*try)(const struct place *p);
	bool allowed;
	enum needs needs;
} attempts[] = {
	{ "open a file that may be read", open_inside, true, NOTHING },
	{ "list a folder that may be read", list_inside, true, NOTHING },
	{ "read evidence that the parent opened", read_evidence, true, NOTHING },
	{ "read a limit", read_own_limit, true, NOTHING },
	{ "open any other file", open_outside, false, LANDLOCK },
	{ "open for writing", open_writable, false, SECCOMP },
	{ "open and truncate", open_truncating, false, SECCOMP },
	{ "create a file", create_file, false, SECCOMP },
	{ "create a file without a name", create_unnamed, false, SECCOMP },
	{ "remove a file", remove_file, false, SECCOMP },
	{ "rename a file", rename_file, false, SECCOMP },
	{ "make a folder", make_folder, false, SECCOMP },
	{ "truncate a file", truncate_file, false, SECCOMP },
	{ "change a mode", change_mode, false, SECCOMP },
	{ "change a time", set_time, false, SECCOMP },
	{ "write to a file that the parent has open", use_writable_fd, false, NOTHING },
	{ "reach a socket of the parent", use_foreign_socket, false, NOTHING },
	{ "make a TCP socket", make_tcp_socket, false, SECCOMP },
	{ "make a pair of sockets", make_unix_pair, false, SECCOMP },
	{ "run a program", run_program, false, SECCOMP },
	{ "make a process", make_process, false, SECCOMP },
	{ "signal the parent", signal_parent, false, SECCOMP },
	{ "trace the parent", trace_parent, false, SECCOMP },
	{ "read the memory of the parent", read_memory_of_parent, false, SECCOMP },
	{ "map memory that is executable", map_code, false, SECCOMP },
	{ "raise a limit", raise_limit, false, SECCOMP },
	{ "open a ring", open_ring, false, SECCOMP },
};

static int start_place(void *arg, void **state_out, struct kan_err *err)
{
	(void)err;
	*state_out = arg;
	return KAN_OK;
}

static int try_one(void *state, struct kan_bytes req, struct kan_worker_reply *r,
                   struct kan_err *err)
{
	uint8_t refused = attempts[req.data[0]].try(state) < 0;

	return kan_worker_emit(r, &refused, 1, err);
}

static int keep(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	(void)err;
	*(uint8_t *)arg = rec.data[0];
	return KAN_OK;
}

static bool refused_in_worker(struct place *p, uint8_t which)
{
	static const struct kan_worker_ops ops = { "confined", start_place, try_one };
	const char *const readable[] = { p->open_dir, "/nowhere/at/all", NULL };
	const struct kan_worker_opts opts = { .readable = readable, .arg = p };
	KAN_AUTO(worker) struct kan_worker *w = NULL;
	struct kan_job_result result;
	uint8_t refused = 77;

	ck_assert_int_eq(kan_worker_start(&w, &ops, &opts, NULL), KAN_OK);
	ck_assert_int_eq(kan_worker_call(w, &which, 1, keep, &refused, &result, NULL), KAN_OK);
	ck_assert_msg(result.end == KAN_JOB_DONE, "%s: %s", attempts[which].name, result.err.msg);
	ck_assert_uint_le(refused, 1);
	return refused;
}

START_TEST(worker_can_do_what_it_needs_and_nothing_else)
{
	const struct attempt *a = &attempts[_i];
	struct place p;

	if ((a->needs == SECCOMP && !kan_seccomp_available()) ||
	    (a->needs == LANDLOCK && kan_landlock_level() == 0)) {
		printf("SKIP: \"%s\": here workers are confined by %s only\n", a->name,
		       kan_worker_confinement());
		return;
	}
	make_place(&p);
	ck_assert_msg(refused_in_worker(&p, (uint8_t)_i) != a->allowed, "%s", a->name);
	remove_place(&p);
}
END_TEST

START_TEST(confinement_names_what_is_there)
{
	const char *text = kan_worker_confinement();

	ck_assert_ptr_nonnull(strstr(text, "rlimit"));
	ck_assert_int_eq(strstr(text, "no seccomp") == NULL, kan_seccomp_available());
	ck_assert_int_eq(strstr(text, "landlock (files") != NULL, kan_landlock_level() > 0);
	ck_assert_int_eq(strstr(text, "sanitizer") != NULL, KAN_SANITIZED);
}
END_TEST

static Suite *confine_suite(void)
{
	static const size_t n = sizeof(attempts) / sizeof(*attempts);
	Suite *s = suite_create("confine");
	TCase *tries = tcase_create("attempts");
	TCase *names = tcase_create("names");

	tcase_add_loop_test(tries, worker_can_do_what_it_needs_and_nothing_else, 0, (int)n);
	tcase_add_test(names, confinement_names_what_is_there);
	suite_add_tcase(s, tries);
	suite_add_tcase(s, names);
	return s;
}

RUN_SUITE(confine_suite)
