import type { RestRefusal } from "../rest/rest-answer.js";

/** Carries a refusal out of whatever found it; the endpoint's caller answers with it. */
export class Refused extends Error {
  readonly refusal: RestRefusal;

  constructor(refusal: RestRefusal) {
    super(refusal.msg);
    this.refusal = refusal;
  }
}

/** Ends the work on a request. */
export function refuse(refusal: RestRefusal): never {
  throw new Refused(refusal);
}
