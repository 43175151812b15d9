/**
 * A client of a server: it logs in with a ledger key, posts signed records and asks for receipts and figures.
 *
 * It verifies nothing that the server answers: `verifyReceipt` does. It follows no redirection and sends no cookies.
 */

import { base64url, hex, textOf, utf8 } from "./bytes.js";
import { digestOf } from "./canonical.js";
import { openEnvelope } from "./envelope.js";
import { InvalidInput, LedgerError, Problem, Refused, Unauthenticated, Unavailable } from "./errors.js";
import { parseJson } from "./json.js";
import { limited } from "./published.js";
import { readAnswer } from "./receipt.js";
import { byDefault, integer, listOf, nullable, object, optional, text } from "./shapes.js";

/** @typedef {import("./envelope.js").Envelope} Envelope */
/** @typedef {import("./keys.js").SigningKey} SigningKey */
/** @typedef {import("./receipt.js").Receipt} Receipt */
/** @typedef {import("./receipt.js").Acknowledgement} Acknowledgement */
/** @typedef {{key: SigningKey, organization?: string}} Login `organization`: its id, if the server is to compare it. */
/** @typedef {{method?: string, headers?: Record<string, string>, body?: string}} Request */

const MILLISECONDS = 120_000;
/** Bytes of the longest answer. */
const MOST = 64 << 20;
/** Records of one request, within the server's limits. */
const MOST_RECORDS = 1_000;
const TOKENS = "/auth/token";
const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ALGORITHMS = { ed25519: "Ed25519", p256: "ES256" };
/** Seconds for which an assertion is valid, and seconds before its end at which a token is renewed. */
const LIFETIME = 120;
const RENEWED = 30;
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

const tokenShape = object({ access_token: text, expires_in: integer });
const oauthShape = object({ error: text, error_description: optional(text) });
const fault = {
  detail: text, code: optional(nullable(text)), field: optional(nullable(text)), value: optional(nullable(text)),
  rule: optional(nullable(text)),
};
const problemShape = object({ ...fault, code: text, status: integer, errors: byDefault(listOf(object(fault)), () => []) });

export class Client {
  /** @type {{value: string, expires: number} | undefined} */
  #token;

  /**
   * Raises InvalidInput unless `url` is an http or https address, and if a token would be sent without TLS.
   *
   * @param {string} url
   * @param {{login?: Login, send?: typeof fetch}} [options] without `login`: as a visitor
   */
  constructor(url, { login, send = (...given) => fetch(...given) } = {}) {
    const address = URL.canParse(url) ? new URL(url) : undefined;
    if (!address || !/^https?:$/.test(address.protocol)) {
      throw new InvalidInput(`${url} is not the address of a server`, { field: "url", rule: "http:// or https://" });
    }
    if (login && address.protocol !== "https:" && !LOCAL.includes(address.hostname)) {
      throw new InvalidInput(`${url} would get an access token without TLS`, {
        code: "no-tls", field: "url", rule: "https://, or a server on this host",
      });
    }
    this.url = url.replace(/\/+$/, "");
    this.login = login;
    this.send = send;
  }

  /**
   * Posts records, and gives the answer to each in their order: what the log has done, or the error of a refused record.
   * A record that is on the log gets its first answer again, so post the same envelopes again after Unavailable.
   * Raises the server's error if it refuses the whole request.
   *
   * @param {readonly Envelope[]} envelopes at most 1,000
   * @param {{wait?: number}} [options] `wait`: seconds to wait for the log's witnesses
   * @returns {Promise<(Receipt | Acknowledgement | LedgerError)[]>}
   */
  async post(envelopes, { wait = 0 } = {}) {
    if (!envelopes.length || envelopes.length > MOST_RECORDS) {
      throw new InvalidInput(`a request has 1 to ${MOST_RECORDS} records, not ${envelopes.length}`, { field: "records" });
    }
    const lines = envelopes.map((envelope) => JSON.stringify(envelope));
    const content = await this.#ask(`/v1/records${wait ? `?wait=${wait}` : ""}`, {
      method: "POST", headers: { "Content-Type": "application/x-ndjson" }, body: lines.map((line) => `${line}\n`).join(""),
    });
    const answers = content.trimEnd().split("\n").map(read);
    const digests = await Promise.all(lines.map((line) => digestOf(openEnvelope(utf8(line)).body)));
    if (answers.length !== lines.length || answers.some((answer, i) => isOfAnother(answer, digests[i]))) {
      throw new Unavailable(`${this.url} did not answer each record`, { code: "unexpected-answer", field: "records" });
    }
    return answers;
  }

  /**
   * The receipt of a record, not verified.
   *
   * @param {string} digest
   * @returns {Promise<Receipt | Acknowledgement>}
   */
  async receipt(digest) {
    return readAnswer(await this.#ask(`/v1/records/${encodeURIComponent(digest)}/proof`));
  }

  /**
   * The stored footprint of a lot, as the server answers it.
   *
   * @param {string} lot
   * @returns {Promise<any>}
   */
  async footprint(lot) {
    return JSON.parse(await this.#ask(`/v1/footprint?lot=${encodeURIComponent(lot)}`));
  }

  /**
   * The text of a successful answer; a token that the server refuses is renewed once.
   *
   * @param {string} path
   * @param {Request} [request]
   */
  async #ask(path, request = {}) {
    let answer = await this.#exchange(path, await this.#withToken(request));
    if (answer.status === 401 && this.login) {
      this.#token = undefined;
      answer = await this.#exchange(path, await this.#withToken(request));
    }
    if (answer.status < 200 || answer.status > 299) {
      throw this.#refusal(answer);
    }
    return answer.content;
  }

  /** @param {Request} request */
  async #withToken(request) {
    if (!this.login) {
      return request;
    }
    if (!this.#token || this.#token.expires - RENEWED < now()) {
      this.#token = await this.#newToken(this.login);
    }
    return { ...request, headers: { ...request.headers, Authorization: `Bearer ${this.#token.value}` } };
  }

  /** @param {Login} login */
  async #newToken({ key, organization }) {
    const assertion = await clientAssertion(key, organization ?? hex(key.keyid), this.url + TOKENS);
    const form = { grant_type: "client_credentials", client_assertion_type: ASSERTION, client_assertion: assertion };
    const { status, content } = await this.#exchange(TOKENS, {
      method: "POST", headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    });
    if (status !== 200) {
      throw this.#loginRefusal(status, content);
    }
    const token = tokenShape(parseJson(content), "token");
    return { value: token.access_token, expires: now() + token.expires_in };
  }

  /**
   * @param {string} path
   * @param {Request} request
   */
  async #exchange(path, request) {
    let data, status;
    try {
      const answer = await this.send(this.url + path, {
        ...request, credentials: "omit", redirect: "error", cache: "no-store",
        signal: AbortSignal.timeout(MILLISECONDS),
      });
      status = answer.status;
      data = await limited(answer, MOST);
    } catch (error) {
      throw new Unavailable(`no answer from ${this.url}: ${error instanceof Error ? error.message : ""}`, {
        code: "no-answer", field: "url",
      });
    }
    if (!data) {
      throw new Unavailable(`the answer of ${this.url} has more than ${MOST} bytes`, { code: "answer-too-large" });
    }
    return { status, content: textOf(data) };
  }

  /** @param {{status: number, content: string}} answer */
  #refusal({ status, content }) {
    try {
      return errorOf(problemShape(parseJson(content), "problem"));
    } catch {
      const details = { code: "unexpected-answer", status };
      const message = `${this.url} answers ${status}`;
      return status >= 502 && status <= 504 ? new Unavailable(message, details) : new Problem(message, details);
    }
  }

  /**
   * @param {number} status
   * @param {string} content
   */
  #loginRefusal(status, content) {
    let [code, words] = ["unexpected-answer", ""];
    try {
      const { error, error_description: description } = oauthShape(parseJson(content), "error");
      [code, words] = [error, description ?? error];
    } catch {
      // Not of the server: of a proxy before it.
    }
    const Kind = status === 429 || (status >= 502 && status <= 504) ? Unavailable : Unauthenticated;
    return new Kind(`${this.url} refuses the login: ${status} ${words}`, { code });
  }
}

/**
 * The signed request (RFC 7523) that `subject` asks for a token at `audience`. It can be used once.
 *
 * @param {SigningKey} key
 * @param {string} subject
 * @param {string} audience
 */
async function clientAssertion(key, subject, audience) {
  const header = { alg: ALGORITHMS[key.algorithm], typ: "JWT", kid: hex(key.keyid) };
  const issued = Math.floor(now());
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const claims = { iss: subject, sub: subject, aud: audience, jti, iat: issued, exp: issued + LIFETIME };
  const message = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
  return `${message}.${base64url(await key.sign(utf8(message)))}`;
}

/**
 * @param {string} line
 * @returns {Receipt | Acknowledgement | LedgerError}
 */
function read(line) {
  const tree = parseJson(line);
  return tree instanceof Map && tree.has("code") ? errorOf(problemShape(tree, "problem")) : readAnswer(line);
}

/**
 * The error that a problem (RFC 9457) stands for, with each of its faults.
 *
 * @param {ReturnType<typeof problemShape>} problem
 */
function errorOf({ errors, ...problem }) {
  const all = { ...problem, parts: errors.map((part) => new LedgerError(part.detail, part)) };
  switch (problem.status) {
    case 400: return new InvalidInput(problem.detail, all);
    case 401: return new Unauthenticated(problem.detail, all);
    case 422: return new Refused(problem.detail, all);
    case 429: case 503: return new Unavailable(problem.detail, all);
    default: return new Problem(problem.detail, all);
  }
}

/**
 * @param {Receipt | Acknowledgement | LedgerError} answer
 * @param {string} digest
 */
function isOfAnother(answer, digest) {
  return !(answer instanceof LedgerError) && answer.digest !== digest;
}

/** Seconds since 1970. */
function now() {
  return Date.now() / 1000;
}
