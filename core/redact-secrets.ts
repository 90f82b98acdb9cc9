/** What stands for what is not told. */
const HIDDEN = "***";

/**
 * The usual places of passwords in lines of logs: `rabbit://user:password@host`, also of the further hosts of a `transport_url`;
 * the address of a Feishu bot, which is its token; `password=…`, `"auth_token": "…"`, `X-Auth-Token: …`, `Authorization: Bearer …`; and Keystone's tokens (Fernet), which begin
 * alike. What could be begun at many places has a bound: the time they take grows with the length only.
 */
const PLACES: readonly (readonly [place: RegExp, hidden: string])[] = [
  [/((?::\/\/|,)[^\s/:@,"']{0,128}:)[^\s@,"']{1,512}@/g, `$1${HIDDEN}@`],
  [/\b(bearer|authorization["']?\s{0,2}[:=]\s{0,2}["']?basic)(\s{1,4})[\w.~+/=-]{8,}/gi, `$1$2${HIDDEN}`],
  [
    /((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|psk)[\w-]{0,32}["']?\s{0,4}[=:]\s{0,4}["']?)(?!\/\/)[^\s"',;&)}\]]+/gi,
    `$1${HIDDEN}`,
  ],
  [/(\/open-apis\/bot\/v2\/hook\/)[\w-]{4,256}/g, `$1${HIDDEN}`],
  [/\bgAAAAA[\w-]{20,}=*/g, HIDDEN],
];

/** The text without passwords and tokens, as far as they stand where they usually do. */
export function redactSecrets(text: string): string {
  let redacted = text;
  for (const [place, hidden] of PLACES) redacted = redacted.replace(place, hidden);
  return redacted;
}

/** Whether what is called so is told to nobody: `psk`, `ipsec_psk`, `rbd_secret`. */
export function isSecretName(name: string): boolean {
  return /passw(?:or)?d|passphrase|secret|token|api[_-]?key|(?:^|[_.-])psk$/i.test(name);
}
