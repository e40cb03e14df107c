/** Version of the Node that runs this program. */
export const NODE_VERSION = process.versions.node;
