import { type RestRefusal, refusals } from "../rest/rest-answer.js";

const badRequest = (code: number, msg: string): RestRefusal => ({ status: 400, code, msg });

/**
 * What the private endpoints refuse with.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
 */
export const privateRefusals = {
  invalidSymbol: refusals.invalidSymbol,
  missing: refusals.missing,
  invalidParameter: refusals.invalidParameter,
  /** 401, as for the next: https://developers.binance.com/docs/binance-spot-api-docs/faqs/api_key_types */
  keyFormat: { status: 401, code: -2014, msg: "API-key format invalid." },
  keyRejected: { status: 401, code: -2015, msg: "Invalid API-key, IP, or permissions for action." },
  signature: badRequest(-1022, "Signature for this request is not valid."),
  timestampTooOld: badRequest(-1021, "Timestamp for this request is outside of the recvWindow."),
  timestampAhead: badRequest(-1021, "Timestamp for this request was 1000ms ahead of the server's time."),
  receiveWindowTooLong: badRequest(-1131, "recvWindow must be less than 60000."),
  illegalCharacters: (parameter: string, range: string): RestRefusal =>
    badRequest(-1100, `Illegal characters found in parameter '${parameter}'; legal range is '${range}'.`),
  duplicateParameter: badRequest(-1101, "Duplicate values for a parameter detected."),
  missingEither: (one: string, other: string): RestRefusal =>
    badRequest(-1102, `Param '${one}' or '${other}' must be sent, but both were empty/null!`),
  notRequired: (parameter: string): RestRefusal =>
    badRequest(-1106, `Parameter '${parameter}' sent when not required.`),
  precision: badRequest(-1111, "Precision is over the maximum defined for this asset."),
  timeInForce: badRequest(-1115, "Invalid timeInForce."),
  orderType: badRequest(-1116, "Invalid orderType."),
  side: badRequest(-1117, "Invalid side."),
  listenKey: badRequest(
    -1125,
    "This listenKey does not exist. Please use `POST /fapi/v1/listenKey` to recreate `listenKey`",
  ),
  parameterCombination: badRequest(-1128, "Combination of optional parameters invalid."),
  responseType: badRequest(-1136, "Invalid newOrderRespType."),
  startAfterEnd: badRequest(-1023, "Start time is greater than end time."),
  windowTooLong: (days: number): RestRefusal => badRequest(-4165, `Maximum time interval is ${days} days`),
  unknownToCancel: badRequest(-2011, "Unknown order sent."),
  noSuchOrder: badRequest(-2013, "Order does not exist."),
  margin: badRequest(-2019, "Margin is insufficient."),
  reduceOnly: badRequest(-2022, "ReduceOnly Order is rejected."),
  tooManyOpenOrders: badRequest(-2025, "Reach max open order limit."),
  positionTooLarge: badRequest(-2027, "Exceeded the maximum allowable position at current leverage."),
  leverageTooSmall: badRequest(-2028, "Leverage is smaller than permitted: insufficient margin balance."),
  priceNotPositive: badRequest(-4001, "Price less than 0."),
  priceAboveMaximum: badRequest(-4002, "Price greater than max price."),
  quantityNotPositive: badRequest(-4003, "Quantity less than or equal to zero."),
  quantityBelowMinimum: badRequest(-4004, "Quantity less than min quantity."),
  quantityAboveMaximum: badRequest(-4005, "Quantity greater than max quantity."),
  priceBelowMinimum: badRequest(-4013, "Price less than min price."),
  priceOffTick: badRequest(-4014, "Price not increased by tick size."),
  clientOrderId: badRequest(-4015, "Client order id is not valid."),
  priceAboveCap: (cap: string): RestRefusal => badRequest(-4016, `Limit price can't be higher than ${cap}.`),
  quantityOffStep: badRequest(-4023, "Qty not increased by step size."),
  priceBelowFloor: (floor: string): RestRefusal =>
    badRequest(-4024, `Limit price can't be lower than ${floor}.`),
  invalidLeverage: (leverage: string): RestRefusal => badRequest(-4028, `Leverage ${leverage} is not valid`),
  tooManyToCancel: badRequest(-4032, "Exceed maximum cancel order size."),
  sameMarginType: badRequest(-4046, "No need to change margin type."),
  marginTypeWithOrders: badRequest(-4047, "Margin type cannot be changed if there exists open orders."),
  marginTypeWithPosition: badRequest(-4048, "Margin type cannot be changed if there exists position."),
  samePositionMode: badRequest(-4059, "No need to change position side."),
  positionSide: badRequest(-4060, "Invalid position side."),
  positionSideMismatch: badRequest(-4061, "Order's position side does not match user's setting."),
  reduceOnlyValue: badRequest(-4062, "Invalid or improper reduceOnly value."),
  positionModeWithOrders: badRequest(-4067, "Position side cannot be changed if there exists open orders."),
  positionModeWithPosition: badRequest(-4068, "Position side cannot be changed if there exists position."),
  batchSize: badRequest(-4082, "Invalid number of batch place orders."),
  notYet: badRequest(-4084, "Method is not allowed currently. Upcoming soon."),
  duplicateClientOrderId: badRequest(-4116, "ClientOrderId is duplicated."),
  conditionalType: badRequest(
    -4120,
    "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
  ),
  counterpartyPrice: badRequest(
    -4131,
    "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
  ),
  symbolStatus: badRequest(-4140, "Invalid symbol status for opening position."),
  symbolClosed: badRequest(-4141, "Symbol is closed."),
  minNotional: (notional: string): RestRefusal =>
    badRequest(
      -4164,
      `Order's notional must be no smaller than ${notional} (unless you choose reduce only).`,
    ),
  fillOrKill: badRequest(
    -5021,
    "Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history",
  ),
  postOnly: badRequest(
    -5022,
    "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history",
  ),
  amendWhileNotTrading: badRequest(
    -5024,
    "Symbol is not in trading status. Order amendment is not permitted.",
  ),
  limitOnly: badRequest(-5025, "Only limit order is supported."),
  tooManyAmendments: badRequest(-5026, "Exceed maximum modify order limit."),
  nothingToAmend: badRequest(-5027, "No need to modify the order."),
  priceMatch: badRequest(-5037, "Invalid price match"),
  priceMatchType: badRequest(-5038, "Price match only supports order type: LIMIT, STOP AND TAKE_PROFIT"),
  selfTradePrevention: badRequest(-5039, "Invalid self trade prevention mode"),
  goodTillDate: badRequest(
    -5040,
    "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000",
  ),
  noDepthForPriceMatch: badRequest(-5041, "No depth matches this BBO order"),
  notReduceOnly: badRequest(-5047, "The original order is not a reduce-only order"),
  /** The order counts: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info */
  tooManyOrders: (limit: number, interval: string): RestRefusal => ({
    status: 429,
    code: -1015,
    msg: `Too many new orders; current limit is ${limit} orders per ${interval}.`,
  }),
} as const;
