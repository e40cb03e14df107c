import type { JsonValue, RestCall, RestRequest } from "@conn/core";
import type { PrivateMethod } from "../constants.js";
import { parseResult } from "../rest.js";

/** What to send for a private method, whose name is its path. It costs its own pool. */
function privateRequest(method: PrivateMethod, params: Readonly<Record<string, JsonValue>>): RestRequest {
  return {
    method: "POST",
    path: `/${method}`,
    body: { kind: "json", fields: params },
    access: "signed",
    cost: { [method]: 1 },
  };
}

/** Describes a private method. */
export function privateCall<Answer>(
  method: PrivateMethod,
  params: Readonly<Record<string, JsonValue>>,
  read: (result: unknown) => Answer,
): RestCall<Answer> {
  return { ...privateRequest(method, params), parse: (body) => read(parseResult(body, { numbers: "text" })) };
}
