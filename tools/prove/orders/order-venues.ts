import { binancePerpetualOrders } from "./binance-perpetual-orders.ts";
import { cryptoComOrders } from "./crypto-com-orders.ts";
import type { OrderSetup } from "./order-venue.ts";

/** Every connector that trades. */
export const orderSetups: readonly OrderSetup[] = [binancePerpetualOrders, cryptoComOrders];
