/* The floor of many requests in one process: GETs from one thread by epoll(7), each on a connection of
 * its own. It reads each answer to its end, looks at the status, and tells how many were 200.
 *
 *   epoll PORT COUNT IN_FLIGHT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 4096, EVENTS = 256 };

struct slot {
    int fd;
    int number;
    int sent;
    int good;
};

static struct slot slots[MOST];
static struct sockaddr_in peer;
static int poller;

/* Begins a request; its events carry the slot. */
static int begin(struct slot *slot, int number)
{
    slot->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    slot->number = number;
    slot->sent = slot->good = 0;
    if (slot->fd < 0)
        return -1;
    if (connect(slot->fd, (struct sockaddr *)&peer, sizeof peer) != 0 && errno != EINPROGRESS)
        return -1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = slot};
    return epoll_ctl(poller, EPOLL_CTL_ADD, slot->fd, &event);
}

static int ask(struct slot *slot)
{
    char request[256];
    int length = snprintf(request, sizeof request,
                          "GET /p/%05d/v2/health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n",
                          slot->number, ntohs(peer.sin_port));
    slot->sent = 1;
    return send(slot->fd, request, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -1;
}

/* Reads what is there: 1 while more is to come, 0 at the end, -1 on failure. */
static int receive(struct slot *slot)
{
    char answer[4096];
    for (;;) {
        ssize_t count = recv(slot->fd, answer, sizeof answer, 0);
        if (count == 0)
            return 0;
        if (count < 0)
            return errno == EAGAIN ? 1 : -1;
        if (count > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0)
            slot->good = 1;
    }
}

/* Moves a request on: 1 while it is under way, 0 when it is over. */
static int advance(struct slot *slot, unsigned events)
{
    if (!slot->sent && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) && ask(slot) != 0)
        return 0;
    return (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) ? receive(slot) > 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 3;
    int count = atoi(argv[2]), width = atoi(argv[3]), next = 0, under_way = 0, good = 0;
    if (width < 1 || width > MOST)
        return 3;
    peer.sin_family = AF_INET;
    peer.sin_port = htons((unsigned short)atoi(argv[1]));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    poller = epoll_create1(EPOLL_CLOEXEC);
    alarm(60);

    while (next < count && under_way < width) {
        if (begin(&slots[under_way++], ++next) != 0)
            return 2;
    }
    struct epoll_event events[EVENTS];
    while (under_way > 0) {
        int ready = epoll_wait(poller, events, EVENTS, 10000);
        if (ready <= 0)
            return 2;
        for (int i = 0; i < ready; i++) {
            struct slot *slot = events[i].data.ptr;
            if (advance(slot, events[i].events))
                continue;
            good += slot->good;
            close(slot->fd);
            if (next >= count)
                under_way--;
            else if (begin(slot, ++next) != 0)
                return 2;
        }
    }
    printf("%d of %d OK\n", good, count);
    return good == count ? 0 : 2;
}
