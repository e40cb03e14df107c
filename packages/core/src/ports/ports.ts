import type { Clock } from "./clock.js";
import type { HttpPort } from "./http.js";
import type { JournalStore } from "./journal.js";
import type { Logger } from "./logger.js";
import type { Random } from "./random.js";
import type { SecretNames } from "./secret-names.js";
import type { ServerPort } from "./server.js";
import type { Timers } from "./timers.js";
import type { WebSocketPort } from "./web-socket.js";

/** Everything through which this library touches the world. Replace one to test, record or replay. */
export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly http: HttpPort;
  readonly webSocket: WebSocketPort;
  /** Where orders are written down before they are sent. */
  readonly journals: JournalStore;
  /** Only simulators listen; a trading program never calls it. */
  readonly server: ServerPort;
  /**
   * Told by each connector what is secret in what passes through the ports: names, and values such as its key. Ports
   * that write something down need it; the default ones write nothing.
   */
  readonly declareSecrets?: (names: SecretNames, values: readonly string[]) => void;
}
