import type { HttpClient, HttpPort } from "@conn/core";
import { unreachable } from "./no-internet.js";
import type { Traffic } from "./traffic.js";

/** Header by which the two ends of an exchange or a link find each other; servers of a world do not show it. */
export const LINK_HEADER = "x-conn-world-link";

/** An HTTP port whose requests are counted from the call to the answer. */
export function countedHttp(real: HttpPort, traffic: Traffic, owner: string): HttpPort {
  return {
    async open(options) {
      const client = await traffic.during("opening an HTTP client", real.open(options));
      traffic.opened("httpClients", owner);
      let closed = false;
      return {
        request: async (request) => {
          const error = unreachable(request.url, options.proxy);
          if (error !== undefined) throw error;
          return send(client, traffic, owner, request);
        },
        async close() {
          await traffic.during("closing an HTTP client", client.close());
          if (!closed) traffic.closed("httpClients", owner);
          closed = true;
        },
      };
    },
  };
}

async function send(
  client: HttpClient,
  traffic: Traffic,
  owner: string,
  request: Parameters<HttpClient["request"]>[0],
): ReturnType<HttpClient["request"]> {
  const { method, url, headers } = request;
  const exchange = traffic.addExchange(owner, `${method} ${url}`);
  const facts = { owner, url, exchangeId: exchange.id };
  traffic.tell({ ...facts, type: "request", method });
  try {
    const answer = await client.request({
      ...request,
      headers: { ...headers, [LINK_HEADER]: String(exchange.id) },
    });
    traffic.tell({ ...facts, type: "answer", status: answer.status, body: answer.body });
    return answer;
  } catch (error) {
    traffic.tell({ ...facts, type: "answer" });
    throw error;
  } finally {
    traffic.endExchange(exchange);
  }
}
