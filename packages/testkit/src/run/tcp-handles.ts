import type { LoopbackWorld } from "../world/loopback-world.js";

/** TCP sockets and servers that this process has open, as the system knows them. */
function openTcpHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith("TCP")).length;
}

/** The same once it stays the same: the system gives a closed socket up a little later. */
export async function settledTcpHandles(world: LoopbackWorld): Promise<number> {
  let count = openTcpHandles();
  for (let unchanged = 0; unchanged < 10; unchanged += 1) {
    await world.settle();
    if (openTcpHandles() !== count) unchanged = 0;
    count = openTcpHandles();
  }
  return count;
}
