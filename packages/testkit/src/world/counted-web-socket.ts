import type { WebSocketPort } from "@conn/core";
import { LINK_HEADER } from "./counted-http.js";
import { unreachable } from "./no-internet.js";
import type { Traffic } from "./traffic.js";

/** RFC 6455, section 7.1.5: a connection that ends without a close frame. */
const ABNORMAL_CLOSE = 1006;

/** A WebSocket port whose dials, frames and closes are counted until they have reached the other end. */
export function countedWebSocket(real: WebSocketPort, traffic: Traffic, owner: string): WebSocketPort {
  return {
    connect(options, handler) {
      const { url, headers } = options;
      const error = unreachable(url, options.proxy);
      if (error !== undefined) {
        queueMicrotask(() => handler.onClose({ code: ABNORMAL_CLOSE, reason: "", error }));
        return { send() {}, ping() {}, close() {}, terminate() {} };
      }
      const link = traffic.dial(owner, url);
      const facts = { owner, url, linkId: link.id };
      /** The adapter delivers nothing more after it was told to terminate. */
      let deaf = false;
      const received = (kind: "text" | "binary" | "ping" | "pong", data: Uint8Array): void => {
        link.toClient -= 1;
        traffic.touch();
        traffic.tell({ ...facts, type: "frame", sender: "server", kind, data });
      };
      const sent = (): void => {
        traffic.touch();
        // An ended client's frames go nowhere, and a server elsewhere does not tell what it received.
        if (link.client === "open" && link.server === "open") link.toServer += 1;
      };
      const connection = real.connect(
        { ...options, headers: { ...headers, [LINK_HEADER]: String(link.id) } },
        {
          onOpen() {
            link.client = "open";
            traffic.touch();
            traffic.tell({ ...facts, type: "opened" });
            handler.onOpen();
          },
          onMessage(data, isBinary) {
            received(isBinary ? "binary" : "text", data);
            handler.onMessage(data, isBinary);
          },
          onPing(payload) {
            received("ping", payload);
            // The port answers by itself.
            if (!deaf && !link.ending) sent();
            handler.onPing(payload);
          },
          onPong(payload) {
            received("pong", payload);
            handler.onPong(payload);
          },
          onClose(close) {
            link.client = "ended";
            traffic.settleLink(link);
            const { code, error } = close;
            traffic.tell({ ...facts, type: "closed", code, ...(error && { error: error.message }) });
            handler.onClose(close);
          },
        },
      );
      return {
        send(data) {
          connection.send(data);
          sent();
        },
        ping(payload) {
          connection.ping(payload);
          sent();
        },
        close(code, reason) {
          if (link.client !== "ended") link.ending = true;
          traffic.touch();
          connection.close(code, reason);
        },
        terminate() {
          if (link.client !== "ended") link.ending = true;
          deaf = true;
          traffic.touch();
          connection.terminate();
        },
      };
    },
  };
}
