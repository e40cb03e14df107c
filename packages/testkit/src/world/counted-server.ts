import type { ServerPort, ServerRequest, ServerSocket } from "@conn/core";
import { LINK_HEADER } from "./counted-http.js";
import type { Link, Traffic } from "./traffic.js";

/** A server port that tells what has arrived, and counts what it sends until it has arrived in turn. */
export function countedServer(real: ServerPort, traffic: Traffic, owner: string): ServerPort {
  return {
    async listen(options, handler) {
      const links = new Set<Link>();
      /** Exchanges that wait at this server. */
      const waiting = new Set<number>();
      const handle = await traffic.during(
        "starting a server",
        real.listen(options, {
          onRequest(request, respond) {
            const { id, shown } = takeLink(request);
            const exchange = id === undefined ? undefined : traffic.exchanges.get(id);
            if (exchange !== undefined) {
              exchange.state = "waiting";
              waiting.add(exchange.id);
            }
            traffic.touch();
            handler.onRequest(shown, (response) => {
              if (exchange !== undefined) {
                exchange.state = "answered";
                waiting.delete(exchange.id);
              }
              traffic.touch();
              respond(response);
            });
          },
          onUpgrade(request) {
            const { id, shown } = takeLink(request);
            traffic.touch();
            const decision = handler.onUpgrade(shown);
            if (typeof decision !== "function") return decision;
            return (socket) => {
              // Only now, since a client that is gone by now is never handed over.
              const link = traffic.accept(id, owner, request.path);
              links.add(link);
              const delivered = (kind: "text" | "binary" | "ping" | "pong", data: Uint8Array): void => {
                link.toServer -= 1;
                traffic.touch();
                const { owner: client, url, id: linkId } = link;
                traffic.tell({ owner: client, url, linkId, type: "frame", sender: "client", kind, data });
              };
              const own = decision(countedSocket(socket, link, traffic));
              return {
                onMessage(data, isBinary) {
                  delivered(isBinary ? "binary" : "text", data);
                  own.onMessage(data, isBinary);
                },
                onPing(payload) {
                  delivered("ping", payload);
                  own.onPing(payload);
                },
                onPong(payload) {
                  delivered("pong", payload);
                  own.onPong(payload);
                },
                onClose(code, reason) {
                  links.delete(link);
                  link.server = "ended";
                  traffic.settleLink(link);
                  own.onClose(code, reason);
                },
              };
            };
          },
        }),
      );
      traffic.opened("servers", owner);
      let closed = false;
      return {
        host: handle.host,
        port: handle.port,
        async close() {
          for (const link of links) link.ending = true;
          for (const id of waiting) {
            const exchange = traffic.exchanges.get(id);
            if (exchange !== undefined) exchange.state = "answered";
          }
          await traffic.during("closing a server", handle.close());
          if (!closed) traffic.closed("servers", owner);
          closed = true;
        },
      };
    },
  };
}

function countedSocket(socket: ServerSocket, link: Link, traffic: Traffic): ServerSocket {
  const sent = (): void => {
    traffic.touch();
    if (link.server === "open") link.toClient += 1;
  };
  const end = (): void => {
    traffic.touch();
    if (link.server === "open") link.ending = true;
  };
  return {
    send(data) {
      socket.send(data);
      sent();
    },
    ping(payload) {
      socket.ping(payload);
      sent();
    },
    pong(payload) {
      socket.pong(payload);
      sent();
    },
    close(code, reason) {
      end();
      socket.close(code, reason);
    },
    terminate() {
      end();
      socket.terminate();
    },
  };
}

/** The number that a client of this world put into a request, and the request without it. */
function takeLink(request: ServerRequest): {
  readonly id: number | undefined;
  readonly shown: ServerRequest;
} {
  const { [LINK_HEADER]: id, ...headers } = request.headers;
  return { id: id === undefined ? undefined : Number(id), shown: { ...request, headers } };
}
