/** How the program ended, for the shell. */
export const EXIT_OK = 0;
/** The venue, the network or this machine did not do its part. */
export const EXIT_FAILED = 1;
/** The command line asks for something that does not exist. */
export const EXIT_USAGE = 2;
/** Ctrl-C. */
export const EXIT_INTERRUPTED = 130;
