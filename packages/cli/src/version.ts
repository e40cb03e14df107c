/** Version of this package; a test holds it against package.json. */
export const CLI_VERSION = "0.1.0";
