// SPDX-License-Identifier: MIT
// What reading the packed events is made of: numbers, strings that stay packed, and names that are
// kept once.

// Reads numbers one after the other. Beyond 32 bits shifts do not reach, so it multiplies.
export class Reader {
    constructor(bytes) {
        this.bytes = bytes;
        this.at = 0;
    }

    more() {
        return this.at < this.bytes.length;
    }

    number() {
        let byte = this.bytes[this.at++];
        let value = byte & 0x7f;
        for (let unit = 128; byte >= 0x80; unit *= 128) {
            byte = this.bytes[this.at++];
            value += (byte & 0x7f) * unit;
        }
        return value;
    }

    signed() {
        const value = this.number();
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
}

function lower(byte) {
    return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

// The strings stay where they are among the bytes.
export class Strings {
    constructor(bytes) {
        this.bytes = bytes;
        this.starts = [];
        this.reader = new Reader(bytes);
        this.decoder = new TextDecoder();
    }

    get count() {
        return this.starts.length;
    }

    add(reader) {
        this.starts.push(reader.at);
        const length = reader.number();
        reader.at += length;
    }

    get(number) {
        this.reader.at = this.starts[number];
        const length = this.reader.number();
        const {at} = this.reader;
        return this.decoder.decode(this.bytes.subarray(at, at + length));
    }

    // Which strings have the term in them, as 0 and 1 by their numbers; capital or small, as far as
    // ASCII goes.
    with(term) {
        const wanted = new TextEncoder().encode(term).map(lower);
        const found = new Uint8Array(this.count);
        for (let number = 0; number < found.length; number++) {
            this.reader.at = this.starts[number];
            const length = this.reader.number();
            const last = this.reader.at + length - wanted.length;
            for (let at = this.reader.at; at <= last && found[number] === 0; at++)
                found[number] = this.match(wanted, at) ? 1 : 0;
        }
        return found;
    }

    match(wanted, at) {
        for (let i = 0; i < wanted.length; i++)
            if (lower(this.bytes[at + i]) !== wanted[i])
                return false;
        return true;
    }
}

// The names of things that come in any number, each once, numbered as they first come.
export class Names {
    constructor(most = Infinity) {
        this.names = [];
        this.numbers = new Map();
        this.most = most;
    }

    number(name) {
        let number = this.numbers.get(name);
        if (number === undefined) {
            if (this.names.length === this.most)
                return this.most - 1;
            number = this.names.length;
            this.names.push(number === this.most - 1 ? "(others)" : name);
            this.numbers.set(name, number);
        }
        return number;
    }

    has(name) {
        return this.numbers.has(name);
    }

    // The one copy that is kept of equal texts
    same(name) {
        return this.names[this.number(name)];
    }
}
