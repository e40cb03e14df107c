import { Decimal } from "@conn/core";
import { describe, expect, it } from "vitest";
import { createRig, type Json, type Rig } from "./support/rig.js";
import { createTrader, restingPrice, type Trader } from "./support/trader.js";

function still(): { rig: Rig; trader: Trader; socket: number } {
  const rig = createRig();
  rig.machine.freeze("BTCUSDT");
  const trader = createTrader(rig);
  const socket = trader.listen();
  rig.take();
  return { rig, trader, socket };
}

const SYMBOL = { symbol: "BTCUSDT" };
const kinds = (frames: Json[]): string[] =>
  frames.map(({ e, o }) => (o === undefined ? e : `${e} ${o.x} ${o.X}`));

describe("events of an order", () => {
  it("tell that it is new and that it is canceled, and of no balance", () => {
    const { rig, trader, socket } = still();
    const price = restingPrice(rig);
    trader.rest({ price, newClientOrderId: "a" });
    const [event, ...more] = rig.frames(socket);
    expect(more).toEqual([]);
    expect(Object.keys(event)).toEqual(["e", "T", "E", "o"]);
    expect(Object.keys(event.o).join()).toBe(
      "s,c,S,o,f,q,p,ap,sp,x,X,i,l,z,L,n,N,T,t,b,a,m,R,wt,ot,ps,cp,rp,pP,si,ss,V,pm,gtd,er",
    );
    expect(event.o).toMatchObject({
      s: "BTCUSDT",
      c: "a",
      q: "0.01",
      p: new Decimal(price).toFixed(),
      ap: "0",
      x: "NEW",
      X: "NEW",
      l: "0",
      z: "0",
      t: 0,
      b: new Decimal(price).times("0.01").toFixed(),
      a: "0",
      V: "EXPIRE_MAKER",
      er: "0",
    });
    trader.call("DELETE", "/fapi/v1/allOpenOrders", SYMBOL);
    expect(kinds(rig.frames(socket))).toEqual(["ORDER_TRADE_UPDATE CANCELED CANCELED"]);
  });

  it("tell of a fill: lightly, what it changed, and the order", () => {
    const { rig, trader, socket } = still();
    trader.rest({ newClientOrderId: "a" });
    rig.take();
    const { id, price } = rig.machine.orderOf("default", "a")!;
    rig.machine.fillOrder(id, "0.004");
    rig.get("/fapi/v1/ping");
    const frames = rig.frames(socket);
    expect(kinds(frames)).toEqual([
      "TRADE_LITE",
      "ACCOUNT_UPDATE",
      "ORDER_TRADE_UPDATE TRADE PARTIALLY_FILLED",
    ]);
    const [lite, account, update] = frames;
    expect(Object.keys(lite)).toEqual(["e", "E", "T", "s", "q", "p", "m", "c", "S", "L", "l", "t", "i"]);
    const fill = rig.machine.fillsOf("default")[0]!;
    expect(lite).toMatchObject({ t: fill.tradeId, l: "0.004", L: price!.toFixed(), m: true, c: "a" });
    expect(update.o).toMatchObject({
      t: fill.tradeId,
      l: "0.004",
      z: "0.004",
      n: fill.fee.toFixed(),
      N: "USDT",
      m: true,
      rp: "0",
    });
    expect(Object.keys(account.a)).toEqual(["B", "P", "m"]);
    const wallet = new Decimal(100_000).minus(fill.fee).toFixed(8);
    expect(account.a.B).toEqual([{ a: "USDT", wb: wallet, cw: wallet, bc: "0" }]);
    expect(account.a.P).toHaveLength(1);
    expect(Object.keys(account.a.P[0])).toEqual(["s", "pa", "ep", "bep", "cr", "up", "mt", "iw", "ps"]);
    expect(account.a.P[0]).toMatchObject({ s: "BTCUSDT", pa: "0.004", ps: "BOTH", mt: "cross" });
    // What was paid with its fee, as in the venue's examples.
    expect(account.a.P[0].bep).toBe(price!.times("1.0002").toDecimalPlaces(11).toFixed());
    expect(account.a.m).toBe("ORDER");
  });

  it("tell of a market order, fill by fill", () => {
    const { rig, trader, socket } = still();
    trader.place({ type: "MARKET", quantity: "1.5" });
    const frames = rig.frames(socket);
    const updates = frames.filter(({ e }) => e === "ORDER_TRADE_UPDATE");
    expect(kinds(updates)[0]).toBe("ORDER_TRADE_UPDATE NEW NEW");
    expect(kinds(updates).at(-1)).toBe("ORDER_TRADE_UPDATE TRADE FILLED");
    const sum = updates.reduce((total, { o }) => total.plus(o.l), new Decimal(0));
    expect(sum.toFixed()).toBe("1.5");
    expect(frames.filter(({ e }) => e === "TRADE_LITE")).toHaveLength(updates.length - 1);
    const positions = frames.filter(({ e }) => e === "ACCOUNT_UPDATE").map(({ a }) => a.P[0].pa);
    expect(positions).toEqual(updates.slice(1).map(({ o }) => o.z));
  });

  it("tell of an amendment", () => {
    const { rig, trader, socket } = still();
    const price = restingPrice(rig);
    trader.rest({ price, newClientOrderId: "a" });
    rig.take();
    const change = { ...SYMBOL, side: "BUY", origClientOrderId: "a", price, quantity: "0.020" };
    trader.call("PUT", "/fapi/v1/order", change);
    const [event] = rig.frames(socket);
    expect(event.o).toMatchObject({ x: "AMENDMENT", X: "NEW", q: "0.02" });
  });

  it("tell why it expired", () => {
    const { rig, trader, socket } = still();
    const asks = rig.machine.bookOf("BTCUSDT").asks;
    const beyond = new Decimal(asks[0]![1]).plus(1).toFixed();
    rig.machine.deposit("default", "USDT", "100000000");
    trader.place({ price: asks[0]![0], quantity: beyond, timeInForce: "IOC" });
    expect(rig.frames(socket).at(-1).o).toMatchObject({ x: "EXPIRED", X: "EXPIRED", er: "2" });
    trader.rest({ newClientOrderId: "a" });
    rig.machine.expireOrder(rig.machine.orderOf("default", "a")!.id, "5");
    rig.get("/fapi/v1/ping");
    expect(rig.frames(socket).at(-1).o).toMatchObject({ c: "a", x: "EXPIRED", X: "EXPIRED", er: "5" });
    trader.rest({ newClientOrderId: "b" });
    rig.machine.setStatus("BTCUSDT", "SETTLING");
    rig.get("/fapi/v1/ping");
    expect(rig.frames(socket).at(-1).o).toMatchObject({ c: "b", X: "EXPIRED", er: "7" });
  });

  it("are those of the account alone, by whatever program", () => {
    const { rig, trader, socket } = still();
    rig.machine.createAccount("other", { funds: { USDT: "1000" } });
    const theirs = createTrader(rig, "other").listen();
    rig.take();
    const order = { ...SYMBOL, side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.010" };
    rig.machine.placeOrder("default", { ...order, price: restingPrice(rig), newClientOrderId: "web_1" });
    rig.get("/fapi/v1/ping");
    const sent = rig.take();
    expect(sent.filter((one) => one.effect === "send" && one.connectionId === theirs)).toEqual([]);
    expect(sent.filter((one) => one.effect === "send" && one.connectionId === socket)).toHaveLength(1);
    expect(trader.call("GET", "/fapi/v1/openOrders").json).toMatchObject([{ clientOrderId: "web_1" }]);
  });
});

describe("events of the account", () => {
  it("tell of a deposit and of a leverage", () => {
    const { rig, trader, socket } = still();
    rig.machine.deposit("default", "USDT", "5");
    rig.get("/fapi/v1/ping");
    const [deposit] = rig.frames(socket);
    expect(deposit.a).toEqual({
      B: [{ a: "USDT", wb: "100005.00000000", cw: "100005.00000000", bc: "5" }],
      P: [],
      m: "DEPOSIT",
    });
    trader.call("POST", "/fapi/v1/leverage", { ...SYMBOL, leverage: 7 });
    expect(rig.frames(socket)).toEqual([
      { e: "ACCOUNT_CONFIG_UPDATE", E: rig.now, T: rig.now, ac: { s: "BTCUSDT", l: 7 } },
    ]);
    trader.call("POST", "/fapi/v1/leverage", { ...SYMBOL, leverage: 7 });
    expect(rig.frames(socket)).toEqual([]);
  });
});

describe("sockets", () => {
  const listenKeyOf = (rig: Rig, trader: Trader): string =>
    rig.request("POST", "/fapi/v1/listenKey", { headers: { "x-mbx-apikey": trader.key.apiKey } }).json
      .listenKey;

  it("by path or parameter, bare or combined, several on one key", () => {
    const { rig, trader } = still();
    const key = listenKeyOf(rig, trader);
    const bare = [rig.dial(`/private/ws/${key}`), rig.dial(`/private/ws?listenKey=${key}`)];
    const combined = [
      rig.dial(`/private/stream?listenKey=${key}`),
      rig.dial(`/private/stream?streams=${key}`),
    ];
    const subscribed = rig.dial("/private/ws");
    rig.subscribe(subscribed, key);
    const deaf = [rig.dial(`/public/ws/${key}`), rig.dial(`/ws/${key}`), rig.dial("/private/ws/unknown")];
    rig.take();
    trader.rest();
    const sent = rig.take().flatMap((one) => (one.effect === "send" ? [one] : []));
    const textsOf = (id: number) => sent.filter((one) => one.connectionId === id).map(({ text }) => text);
    const [text] = textsOf(bare[0]!);
    expect(JSON.parse(text!).e).toBe("ORDER_TRADE_UPDATE");
    for (const id of [...bare, subscribed]) expect(textsOf(id)).toEqual([text]);
    for (const id of combined) expect(textsOf(id)).toEqual([`{"stream":"${key}","data":${text}}`]);
    for (const id of deaf) expect(textsOf(id)).toEqual([]);
  });

  it("may choose their events", () => {
    const { rig, trader } = still();
    const key = listenKeyOf(rig, trader);
    const socket = rig.dial(`/private/ws?listenKey=${key}&events=ACCOUNT_UPDATE/TRADE_LITE`);
    trader.place({ type: "MARKET", quantity: "0.001" });
    expect(new Set(kinds(rig.frames(socket)))).toEqual(new Set(["TRADE_LITE", "ACCOUNT_UPDATE"]));
  });
});

describe("the listen key", () => {
  const headers = (trader: Trader) => ({ headers: { "x-mbx-apikey": trader.key.apiKey } });

  it("is the same as long as it lives, and ends 60 minutes after it was last kept alive", () => {
    const { rig, trader, socket } = still();
    const start = () => rig.request("POST", "/fapi/v1/listenKey", headers(trader)).json.listenKey;
    const key = start();
    /** The socket lives as long as it answers. */
    const wait = (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        rig.advance(60_000);
        rig.pong(socket);
      }
    };
    wait(50);
    expect(rig.request("PUT", "/fapi/v1/listenKey", headers(trader)).json).toEqual({ listenKey: key });
    rig.take();
    wait(59);
    rig.advance(59_999);
    expect(rig.frames(socket)).toEqual([]);
    rig.advance(1);
    expect(rig.frames(socket)).toEqual([{ e: "listenKeyExpired", E: rig.now, listenKey: key }]);
    trader.rest();
    expect(rig.frames(socket)).toEqual([]);
    const refused = rig.request("PUT", "/fapi/v1/listenKey", headers(trader));
    expect([refused.status, refused.json.code]).toEqual([400, -1125]);
    expect(start()).not.toBe(key);
  });

  it("is closed with its sockets", () => {
    const { rig, trader, socket } = still();
    expect(rig.request("DELETE", "/fapi/v1/listenKey", headers(trader)).json).toEqual({});
    expect(rig.take().filter(({ effect }) => effect === "close")).toMatchObject([{ connectionId: socket }]);
    expect(rig.request("DELETE", "/fapi/v1/listenKey", headers(trader)).json.code).toBe(-1125);
  });

  it("can be made to expire", () => {
    const { rig, socket } = still();
    expect(rig.machine.expireListenKey("default")).toBe(true);
    rig.get("/fapi/v1/ping");
    expect(kinds(rig.frames(socket))).toEqual(["listenKeyExpired"]);
    expect(rig.machine.expireListenKey("default")).toBe(false);
  });
});
