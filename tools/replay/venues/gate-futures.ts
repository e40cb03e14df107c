import { createGateDecoders } from "./gate.ts";

/** Gate futures: amounts are contracts, and the levels of `order_book_update` are objects. */
export const { orderBookUpdate: gateFutures, orderBookV2: gateFuturesOrderBookV2 } = createGateDecoders(
  "futures",
  "contract",
  ["fx-ws.gateio.ws", "api.gateio.ws/api/v4/futures"],
);
