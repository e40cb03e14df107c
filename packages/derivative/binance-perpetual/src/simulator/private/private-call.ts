import type { Decimal, Random } from "@conn/core";
import type { ExchangeCore, Order } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import type { Accounts, ApiKey, VenueAccount } from "./accounts.js";
import type { Instruments } from "./instruments.js";
import type { ListenKeys } from "./listen-keys.js";
import type { OrderLimits } from "./order-limits.js";
import { optionalId, requiredText } from "./parameters.js";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";
import type { Parameters } from "./signed-request.js";

/** What the private endpoints work with. */
export interface PrivateContext {
  readonly core: ExchangeCore;
  readonly accounts: Accounts;
  readonly listenKeys: ListenKeys;
  readonly orderLimits: OrderLimits;
  readonly instruments: Instruments;
  /** Contracts that are listed, by exchange symbol. */
  readonly contracts: ReadonlyMap<string, ContractMarket>;
  /** Draws the ids that the venue gives to orders without one. */
  readonly random: Random;
  /** How long queries know nothing of what is new, in ms. */
  queryLagMs: number;
  /** Tells an account of a new leverage. */
  leverageChanged(account: string, exchangeSymbol: string, leverage: number, at: number): void;
  /** The price at which closing a position would bring back what it cost, fees included; `undefined` without one. */
  breakEvenPrice(account: string, symbol: string): Decimal | undefined;
  /** An account's listen key ended at the account's wish. */
  listenKeyClosed(listenKey: string): void;
}

/** What an account asks for. */
export interface PrivateCall {
  readonly context: PrivateContext;
  readonly account: VenueAccount;
  readonly parameters: Parameters;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
}

/** A request of an account that came with an API key. */
export interface KeyedCall extends PrivateCall {
  readonly key: ApiKey;
}

/** The contract that `symbol` names, or `undefined` if it is not sent. */
export function optionalMarket({ context, parameters, at }: PrivateCall): ContractMarket | undefined {
  const symbol = parameters.get("symbol");
  if (symbol === undefined || symbol === "") return undefined;
  // Lower case is taken, as by the public endpoints.
  const market = context.contracts.get(symbol.replace(/[a-z]+/g, (letters) => letters.toUpperCase()));
  if (market === undefined) return refuse(privateRefusals.invalidSymbol);
  market.advance(at);
  return market;
}

/** The contract that `symbol` names. */
export function requiredMarket(call: PrivateCall): ContractMarket {
  requiredText(call.parameters, "symbol");
  return optionalMarket(call) ?? refuse(privateRefusals.invalidSymbol);
}

/** The order of a contract that `orderId` or else `origClientOrderId` names, if the account has it. */
export function findOrder(call: PrivateCall, symbol: string): Order | undefined {
  const { context, account, parameters } = call;
  const id = optionalId(parameters, "orderId");
  const clientOrderId = parameters.get("origClientOrderId");
  if (id === undefined && (clientOrderId === undefined || clientOrderId === "")) {
    refuse(privateRefusals.missingEither("origClientOrderId", "orderId"));
  }
  const order = context.core.order(
    account.name,
    id === undefined ? { clientOrderId: clientOrderId! } : { id },
  );
  return order?.symbol === symbol ? order : undefined;
}
