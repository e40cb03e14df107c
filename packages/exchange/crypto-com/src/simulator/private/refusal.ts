/** A refusal in the venue's words; the codes are also the reasons of orders that it ended. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** Carries a refusal out of whatever found it; who called it answers with it. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Ends the work on a request. */
export function refuse(refusal: Refusal): never {
  throw new Refused(refusal);
}

const of = (status: number, code: number, message: string): Refusal => ({ status, code, message });

/**
 * Codes with their HTTP statuses and words, as documented. Some failures come with 200, others that are plain
 * refusals with 500.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Response and Reason Codes
 */
export const refusals = {
  duplicateClientOid: of(400, 204, "DUPLICATE_CLORDID"),
  instrumentNotTradable: of(400, 208, "INSTRUMENT_NOT_TRADABLE"),
  invalidInstrument: of(400, 209, "INVALID_INSTRUMENT"),
  invalidOrderId: of(500, 212, "INVALID_ORDERID"),
  invalidQuantity: of(400, 213, "INVALID_ORDERQTY"),
  invalidFeeCurrency: of(500, 215, "INVALID_FEE_CURRENCY"),
  invalidOrderType: of(400, 218, "INVALID_ORDTYPE"),
  invalidExecInst: of(500, 219, "INVALID_EXECINST"),
  invalidSide: of(400, 220, "INVALID_SIDE"),
  invalidTimeInForce: of(400, 221, "INVALID_TIF"),
  rejectedByEngine: of(400, 224, "REJ_BY_MATCHING_ENGINE"),
  insufficientBalance: of(500, 306, "INSUFFICIENT_AVAILABLE_BALANCE"),
  invalidPrice: of(400, 308, "INVALID_PRICE"),
  marketNotOpen: of(500, 309, "MARKET_IS_NOT_OPEN"),
  exceedsMaxSize: of(400, 314, "EXCEEDS_MAX_ORDER_SIZE"),
  farAwayPrice: of(400, 315, "FAR_AWAY_LIMIT_PRICE"),
  noActiveOrder: of(500, 316, "NO_ACTIVE_ORDER"),
  exceedsMaxOrders: of(400, 318, "EXCEEDS_MAX_ALLOWED_ORDERS"),
  noDerivatives: of(500, 411, "USER_NO_DERIV_ACCESS"),
  belowMinSize: of(500, 415, "BELOW_MIN_ORDER_SIZE"),
  badRequest: of(400, 40001, "BAD_REQUEST"),
  methodNotFound: of(400, 40002, "METHOD_NOT_FOUND"),
  invalidRequest: of(400, 40003, "INVALID_REQUEST"),
  missingArgument: of(400, 40004, "MISSING_OR_INVALID_ARGUMENT"),
  invalidDate: of(400, 40005, "INVALID_DATE"),
  duplicateRequest: of(400, 40006, "DUPLICATE_REQUEST"),
  unauthorized: of(401, 40101, "UNAUTHORIZED"),
  invalidNonce: of(400, 40102, "INVALID_NONCE"),
  illegalAddress: of(401, 40103, "IP_ILLEGAL"),
  notFound: of(200, 40401, "NOT_FOUND"),
  tooManyRequests: of(429, 42901, "TOO_MANY_REQUESTS"),
  fillOrKill: of(500, 43003, "FILL_OR_KILL"),
  immediateOrCancel: of(500, 43004, "IMMEDIATE_OR_CANCEL"),
  postOnly: of(500, 43005, "POST_ONLY_REJ"),
  selfTrade: of(200, 43012, "SELF_TRADE_PREVENTION"),
} as const;

/** The refusal of a code, for scripted ones too. */
export function refusalOf(code: number): Refusal {
  const known: readonly Refusal[] = Object.values(refusals);
  return known.find((one) => one.code === code) ?? of(500, code, "REJECTED");
}
