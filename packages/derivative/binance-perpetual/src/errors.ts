import type { ErrorRule } from "@conn/core";

/**
 * What the venue's errors mean. Codes that are not here prove nothing.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (HTTP Return Codes)
 */
export const errors: readonly ErrorRule[] = [
  // A 503 says by its text whether the venue knows what became of the request.
  { httpStatus: 503, message: /^Unknown error/i, kind: "undetermined", outcome: "unknown" },
  { httpStatus: 503, message: /^Service Unavailable/i, kind: "maintenance", outcome: "retryable" },
  { codes: ["-1008"], kind: "maintenance", outcome: "retryable" },
  // "execution status unknown".
  { codes: ["-1006", "-1007"], kind: "undetermined", outcome: "unknown" },
  // Outside of recvWindow: at the gate, or later before the matching engine.
  { codes: ["-1021", "-5028"], kind: "timestamp", outcome: "rejected" },
  { codes: ["-1022", "-2014"], kind: "auth", outcome: "rejected" },
  // "Invalid API-key, IP, or permissions for action": the venue does not say which.
  { codes: ["-2015"], kind: "auth", outcome: "rejected" },
  { codes: ["-1002"], kind: "permission", outcome: "rejected" },
  { codes: ["-1003"], kind: "rateLimit", outcome: "retryable", stops: "pools" },
  { codes: ["-1015"], kind: "rateLimit", outcome: "retryable", stops: "pools" },
  { codes: ["-2011"], call: /^DELETE /, kind: "notFound", outcome: "rejected" },
  { codes: ["-2013"], kind: "notFound", outcome: "rejected" },
  { codes: ["-4116"], kind: "duplicateClientOrderId", outcome: "rejected" },
  { codes: ["-2018", "-2019", "-4050", "-4051"], kind: "insufficientFunds", outcome: "rejected" },
  { codes: ["-2027", "-2028", "-4045"], kind: "limitReached", outcome: "rejected" },
  {
    codes: [
      "-1111",
      "-4003",
      "-4004",
      "-4005",
      "-4013",
      "-4014",
      "-4016",
      "-4023",
      "-4024",
      "-4131",
      "-4164",
    ],
    kind: "invalidOrder",
    outcome: "rejected",
  },
  { codes: ["-5022"], kind: "wouldCross", outcome: "rejected" },
  { codes: ["-5021"], kind: "notFilled", outcome: "rejected" },
  { codes: ["-2022", "-4118", "-4112"], kind: "reduceOnly", outcome: "rejected" },
  { codes: ["-4046", "-4059", "-5027"], kind: "noChange", outcome: "rejected" },
  { codes: ["-4047", "-4048", "-4067", "-4068", "-4161"], kind: "notNow", outcome: "rejected" },
  { codes: ["-4140", "-4141", "-4192", "-4400"], kind: "tradingHalted", outcome: "rejected" },
  { codes: ["-1125"], kind: "listenKey", outcome: "rejected" },
  {
    codes: ["-1102", "-1106", "-1116", "-1121", "-1130", "-2021", "-4015", "-4061", "-4120"],
    kind: "badRequest",
    outcome: "rejected",
  },
  // The firewall stands before the venue: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
  { httpStatus: 403, kind: "maintenance", outcome: "retryable" },
];
