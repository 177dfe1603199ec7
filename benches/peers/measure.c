/* Runs a program once and prints: wall time in ns, peak resident memory in KiB, exit code.
 *
 *   measure SECONDS STDIN PROGRAM [ARGUMENT...]
 *
 * wait4(2) is the only source of a child's peak memory that does not race with its end, and Rust's
 * standard library does not have it. The kernel counts the memory of the process that called exec as
 * the child's own; hence this small program, linked statically, between the benchmark and the peers.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int input = open(argv[2], O_RDONLY | O_CLOEXEC);
    int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (input < 0 || sink < 0)
        return 2;
    unsigned limit = (unsigned)atoi(argv[1]);

    long long start = now();
    pid_t child = vfork();
    if (child == 0) {
        dup2(input, 0);
        dup2(sink, 1);
        dup2(sink, 2);
        /* The alarm outlives exec: a peer that hangs is ended. */
        alarm(limit);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    int status = 0;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child)
        return 2;
    long long wall = now() - start;

    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    printf("%lld %ld %d\n", wall, usage.ru_maxrss, code);
    return 0;
}
