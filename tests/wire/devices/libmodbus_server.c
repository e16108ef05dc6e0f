/* A Modbus TCP server on libmodbus whose registers a test sets and reads over stdin.
 *
 *   libmodbus_server REGISTERS [PORT]   prints "port N", then serves unit 1 on 127.0.0.1 until stdin ends
 *   stdin   w ADDRESS WORD...           sets holding registers, prints "ok"
 *           r ADDRESS COUNT             prints that many words
 */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONGEST_LINE 4096

static modbus_mapping_t *registers;

static void obey(char *line)
{
    char *command = strtok(line, " \n");
    char *word = strtok(NULL, " \n");
    if (!command || !word)
        return;
    int address = atoi(word);
    if (*command == 'w') {
        while ((word = strtok(NULL, " \n")) && address < registers->nb_registers)
            registers->tab_registers[address++] = (uint16_t) atoi(word);
        puts("ok");
    } else if ((word = strtok(NULL, " \n"))) {
        int end = address + atoi(word);
        for (; address < end && address < registers->nb_registers; address++)
            printf("%u ", registers->tab_registers[address]);
        puts("");
    }
    fflush(stdout);
}

static int bound_port(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    return getsockname(listener, (struct sockaddr *) &address, &size) ? -1 : ntohs(address.sin_port);
}

int main(int count, char **arguments)
{
    setvbuf(stdin, NULL, _IONBF, 0); /* select must see every line */
    if (count < 2)
        return 2;
    modbus_t *context = modbus_new_tcp("127.0.0.1", count > 2 ? atoi(arguments[2]) : 0);
    registers = modbus_mapping_new(0, 0, atoi(arguments[1]), 0);
    if (!context || !registers)
        return 1;
    int listener = modbus_tcp_listen(context, 8);
    if (listener < 0) {
        fprintf(stderr, "%s\n", modbus_strerror(errno));
        return 1;
    }
    printf("port %d\n", bound_port(listener));
    fflush(stdout);

    fd_set watched;
    FD_ZERO(&watched);
    FD_SET(STDIN_FILENO, &watched);
    FD_SET(listener, &watched);
    int highest = listener;
    for (;;) {
        fd_set ready = watched;
        if (select(highest + 1, &ready, NULL, NULL, NULL) < 0)
            return 1;
        for (int socket = 0; socket <= highest; socket++) {
            if (!FD_ISSET(socket, &ready))
                continue;
            if (socket == STDIN_FILENO) {
                static char line[LONGEST_LINE];
                if (!fgets(line, sizeof line, stdin))
                    return 0;
                obey(line);
            } else if (socket == listener) {
                int accepted = accept(listener, NULL, NULL);
                if (accepted < 0)
                    continue;
                FD_SET(accepted, &watched);
                if (accepted > highest)
                    highest = accepted;
            } else {
                uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
                modbus_set_socket(context, socket);
                int length = modbus_receive(context, request);
                if (length > 0 && modbus_reply(context, request, length, registers) >= 0)
                    continue;
                close(socket);
                FD_CLR(socket, &watched);
            }
        }
    }
}
