import { MAX_TS } from '@tidegate/protocol';
import { FieldError, MessageTypeError, type Where } from '../errors.js';
import { HeadCache } from './headCache.js';
import { JsonSyntaxProblem, JsonTokenizer } from './jsonTokenizer.js';
import { malformedLine } from './malformedLine.js';
import { Field, findName, MESSAGE_TYPES, MessageKind, type NameTable, TIDB_FIELDS, TOP_LEVEL_FIELDS } from './messageFields.js';
import { SeenValues } from './seenValues.js';
import { Span } from './span.js';
import { COMMIT_TS_BYTES, passUsualTimes, usualOld, usualTsEnd } from './usualEnd.js';

const BRACE = 0x7b;
const BRACE_END = 0x7d;
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const QUOTE = 0x22;

/**
 * Finds in one message what routing needs, and validates the whole line as JSON on the way. Keys may come in any order,
 * with escapes; of a repeated key the last counts, as in `JSON.parse`. The fields hold the last message scanned, as spans
 * of its bytes; nothing is allocated per row message but the bigint of a commit ts that differs from the one before.
 */
export class MessageScanner {
  kind: MessageKind = MessageKind.WATERMARK;
  /** Commit ts of a change; watermark ts of a watermark. */
  ts = 0n;
  /** Rows in `data` of a row message. */
  rows = 0;
  readonly database: Span = new Span();
  readonly table: Span = new Span();
  readonly type: Span = new Span();
  readonly sql: Span = new Span();
  readonly data: Span = new Span();
  readonly old: Span = new Span();
  readonly pkNames: Span = new Span();
  /** Types of the columns by name. */
  readonly mysqlType: Span = new Span();

  readonly #json = new JsonTokenizer();
  readonly #seen = new SeenValues();
  readonly #heads = new HeadCache();
  /** Objects of no interest passed in this message. */
  #objects = 0;
  readonly #commitTs = new Span();
  readonly #watermarkTs = new Span();
  isDdl: boolean | undefined;
  #tidb = false;
  #partial = false;
  #rowsAreObjects = false;
  /** The last ts as decimal halves, so that equal ones in a row share a bigint. */
  #tsHigh = 0;
  #tsLow = 0;

  /**
   * Scans the message in `bytes[start … end)`. Throws `MalformedLineError`, {@link FieldError} or {@link MessageTypeError},
   * placed at `where`, whose offset is that of `start`.
   */
  scan(bytes: Uint8Array, start: number, end: number, where: Where): void {
    this.#reset();
    try {
      const json = this.#json;
      json.start(bytes, start, end);
      const data = this.#heads.match(this, bytes, start, end);
      if (data < 0) {
        if (json.peek() !== BRACE) throw json.expected('a JSON object');
        this.#scanObject(TOP_LEVEL_FIELDS);
      } else {
        json.at = data;
        this.#readData(json.peek());
        if (!this.#scanUsualEnd() && json.more(BRACE_END)) this.#scanFields(TOP_LEVEL_FIELDS);
      }
      json.finish();
    } catch (error) {
      if (error instanceof JsonSyntaxProblem) throw malformedLine(error, bytes, start, end, where);
      throw error;
    }
    this.#check(bytes, where);
  }

  #reset(): void {
    this.database.clear();
    this.table.clear();
    this.type.clear();
    this.sql.clear();
    this.data.clear();
    this.old.clear();
    this.pkNames.clear();
    this.mysqlType.clear();
    this.#commitTs.clear();
    this.#watermarkTs.clear();
    this.isDdl = undefined;
    this.#tidb = false;
    this.#partial = false;
    this.rows = 0;
    this.#objects = 0;
  }

  #scanObject(fields: NameTable<Field>): void {
    const json = this.#json;
    json.at++;
    if (json.peek() === BRACE_END) {
      json.at++;
      return;
    }
    this.#scanFields(fields);
  }

  /** What TiCDC writes behind `data`, passed without a call a token. False: something else comes, before which it stops. */
  #scanUsualEnd(): boolean {
    const json = this.#json;
    const { bytes, end } = json;
    const old = usualOld(bytes, json.at);
    if (old >= 0) {
      json.at = old;
      this.#readValue(this.old);
    }
    json.at = passUsualTimes(bytes, json.at);
    const stop = usualTsEnd(bytes, json.at, end);
    if (stop < 0) return false;
    this.#commitTs.set(json.at + COMMIT_TS_BYTES, stop, false);
    this.#tidb = true;
    json.at = end;
    return true;
  }

  /** What is left of an object. */
  #scanFields(fields: NameTable<Field>): void {
    const json = this.#json;
    do {
      const field = this.#readKey(fields);
      json.take(0x3a);
      this.#readField(field, json.peek());
    } while (json.more(BRACE_END));
  }

  #readKey(fields: NameTable<Field>): Field {
    const json = this.#json;
    json.peek();
    const start = json.at + 1;
    json.skipString();
    if (!json.escaped) return findName(fields, json.bytes, start, json.at - 1) ?? Field.OTHER;
    const key = Buffer.from(new Span().set(start, json.at - 1, true).text(json.bytes));
    return findName(fields, key, 0, key.length) ?? Field.OTHER;
  }

  #readField(field: Field, first: number): void {
    const json = this.#json;
    switch (field) {
      case Field.DATABASE:
        this.#readString(this.database, first);
        return;
      case Field.TABLE:
        this.#readString(this.table, first);
        return;
      case Field.TYPE:
        this.#readString(this.type, first);
        return;
      case Field.SQL:
        this.#readString(this.sql, first);
        return;
      case Field.IS_DDL:
        json.skipValue();
        this.isDdl = first === 0x74 ? true : first === 0x66 ? false : undefined;
        return;
      case Field.DATA:
        this.#endHead();
        this.#readData(first);
        return;
      case Field.OLD:
        this.#readValue(this.old);
        return;
      case Field.PK_NAMES:
        this.#readValue(this.pkNames);
        return;
      case Field.TIDB:
        this.#commitTs.clear();
        this.#watermarkTs.clear();
        this.#partial = false;
        this.#tidb = first === BRACE;
        if (this.#tidb) this.#scanObject(TIDB_FIELDS);
        else json.skipValue();
        return;
      case Field.COMMIT_TS:
        this.#readValue(this.#commitTs);
        return;
      case Field.WATERMARK_TS:
        this.#readValue(this.#watermarkTs);
        return;
      case Field.ONLY_HANDLE_KEY:
        json.skipValue();
        if (first === 0x74) this.#partial = true;
        return;
      case Field.CLAIM_CHECK: {
        const start = json.at;
        json.skipValue();
        if (first === QUOTE && json.at - start > 2) this.#partial = true;
        return;
      }
      default: {
        const start = json.at;
        if (first === BRACE) this.#skipTypes();
        else json.skipValue(1);
        if (field === Field.MYSQL_TYPE) this.mysqlType.set(start, json.at, false);
      }
    }
  }

  /** Its head ends here. One that says more than a head does is no head to remember. */
  #endHead(): void {
    const json = this.#json;
    const saysMore = this.#tidb || !this.old.absent || !this.data.absent || !json.ascii || this.isDdl !== false;
    if (!saysMore) this.#heads.remember(this, json.bytes, json.begin, json.at, json.end);
  }

  /** Passes an object of no interest: the types of a table's columns, the same in every row of it. */
  #skipTypes(): void {
    const json = this.#json;
    const { bytes, at, end } = json;
    // Slots by the last two bytes of the table's name and by which of the objects this is.
    const { table } = this;
    const slot =
      table.absent || table.end - table.start < 2
        ? 0
        : ((bytes[table.end - 1] as number) & 7) * 8 + ((bytes[table.end - 2] as number) & 3) * 2;
    const index = slot + (this.#objects++ & 1);
    const length = this.#seen.match(index, bytes, at, end);
    if (length > 0) {
      json.at = at + length;
      return;
    }
    json.skipValue(1);
    if (json.ascii) this.#seen.remember(index, bytes, at, json.at);
  }

  #readString(span: Span, first: number): void {
    const json = this.#json;
    span.clear();
    if (first !== QUOTE) {
      json.skipValue(1);
      return;
    }
    const start = json.at + 1;
    json.skipString();
    span.set(start, json.at - 1, json.escaped);
  }

  #readValue(span: Span): void {
    const json = this.#json;
    const start = json.at;
    json.skipValue(1);
    span.set(start, json.at, false);
  }

  #readData(first: number): void {
    const json = this.#json;
    const start = json.at;
    this.rows = 0;
    this.#rowsAreObjects = true;
    if (first !== BRACKET) {
      this.data.clear();
      json.skipValue(1);
      return;
    }
    json.at++;
    if (json.peek() === BRACKET_END) json.at++;
    else {
      do {
        if (json.peek() !== BRACE) this.#rowsAreObjects = false;
        json.skipValue(2);
        this.rows++;
      } while (json.more(BRACKET_END));
    }
    this.data.set(start, json.at, false);
  }

  #check(bytes: Uint8Array, where: Where): void {
    if (this.type.absent) throw new FieldError(where, 'the message has no type. Every line must be one Canal-JSON message.');
    const kind = this.#kindOf(bytes);
    if (kind === undefined) {
      const type = this.type.text(bytes);
      throw new MessageTypeError(where, `the message type '${type}' (isDdl ${this.isDdl}) is not one that this source knows.`);
    }
    this.kind = kind;
    if (!this.#tidb) {
      throw new FieldError(
        where,
        'the message has no _tidb object. Record the log with the TiDB extension (enable-tidb-extension=true).',
      );
    }
    if (kind === MessageKind.WATERMARK) {
      this.#readTs(this.#watermarkTs, '_tidb.watermarkTs', bytes, where);
      return;
    }
    this.#readTs(this.#commitTs, '_tidb.commitTs', bytes, where);
    if (this.database.absent) throw new FieldError(where, "the message's database is not a string.");
    if (kind === MessageKind.DDL) {
      if (this.sql.absent) throw new FieldError(where, 'the DDL message has no sql. Record the log with the text of its DDLs.');
      return;
    }
    if (this.table.absent) throw new FieldError(where, "the row message's table is not a string.");
    if (this.data.absent || this.rows === 0 || !this.#rowsAreObjects) {
      throw new FieldError(where, "the row message's data is not a list of one or more rows.");
    }
    if (this.#partial) {
      throw new FieldError(
        where,
        'the row message holds only a key or a reference (large-message handling). Record the log with complete rows.',
      );
    }
  }

  #kindOf(bytes: Uint8Array): MessageKind | undefined {
    let kind: MessageKind | undefined;
    if (this.type.escaped) {
      const type = Buffer.from(this.type.text(bytes));
      kind = findName(MESSAGE_TYPES, type, 0, type.length);
    } else {
      kind = findName(MESSAGE_TYPES, bytes, this.type.start, this.type.end);
    }
    // A row that calls itself a DDL, or the reverse, is neither.
    return this.isDdl === (kind === MessageKind.DDL) ? kind : undefined;
  }

  /** Reads a ts exactly: never through a floating-point number, which is exact only to 2^53. */
  #readTs(span: Span, name: string, bytes: Uint8Array, where: Where): void {
    const { start, end } = span;
    const split = Math.max(start, end - 9);
    const high = span.absent || end - start > 20 ? -1 : digits(bytes, start, split);
    const low = high < 0 ? -1 : digits(bytes, split, end);
    if (low >= 0 && high === this.#tsHigh && low === this.#tsLow && this.ts !== 0n) return;
    const ts = low < 0 ? 0n : BigInt(high) * 1_000_000_000n + BigInt(low);
    if (ts < 1n || ts >= MAX_TS) {
      const found = span.absent ? 'is missing' : `is ${Buffer.from(bytes.subarray(start, Math.min(end, start + 40))).toString()}`;
      throw new FieldError(where, `${name} ${found}; it must be a whole number from 1 to 2^64 - 2, without quotes.`);
    }
    this.#tsHigh = high;
    this.#tsLow = low;
    this.ts = ts;
  }
}

/** The number that the decimal digits in `bytes[start … end)` write, at most 11 of them; -1 for anything but digits. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
