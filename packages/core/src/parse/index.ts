export { formatExactNumber, parseExactNumber, parsePlainDecimal } from "./exact-number.js";
export { defineKeys, type JsonKeys } from "./json-keys.js";
export { type JsonKind, JsonScanner, MAX_JSON_DEPTH } from "./json-scanner.js";
export { ASK, BID, type ExactLevel, LevelBatch, type LevelSide } from "./level-batch.js";
export { parseJson } from "./parse-json.js";
export { nextUpdateId, sameUpdateId, type UpdateId } from "./update-id.js";
