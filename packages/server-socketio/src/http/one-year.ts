/** As far ahead as headers promise anything: RFC 9111 and RFC 6797 call a year long enough. */
export const ONE_YEAR_SECONDS = 31_536_000
