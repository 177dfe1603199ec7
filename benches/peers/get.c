/* The floor of one request: a GET over loopback and nothing else.
 *
 *   get PORT
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2)
        return 3;
    struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static const char request[] = "GET /v2/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    static char answer[16384];

    alarm(10);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&peer, sizeof peer) != 0)
        return 2;
    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)sizeof request - 1)
        return 2;
    size_t length = 0;
    ssize_t count;
    while (length < sizeof answer && (count = read(fd, answer + length, sizeof answer - length)) > 0)
        length += (size_t)count;
    int good = length > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
    puts(good ? "OK" : "CRITICAL");
    return good ? 0 : 2;
}
