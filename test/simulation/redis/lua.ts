import { createRequire } from 'node:module';
import { ReplyError, type Bytes, type Reply, type RedisStore } from './store.ts';

type LuaState = object;
interface Lua {
  LUA_REGISTRYINDEX: number;
  LUA_TNUMBER: number;
  LUA_TSTRING: number;
  LUA_TBOOLEAN: number;
  LUA_TTABLE: number;
  lua_createtable(L: LuaState, items: number, fields: number): void;
  lua_gettop(L: LuaState): number;
  lua_settop(L: LuaState, top: number): void;
  lua_type(L: LuaState, at: number): number;
  lua_tolstring(L: LuaState, at: number): Uint8Array;
  lua_tonumber(L: LuaState, at: number): number;
  lua_isinteger(L: LuaState, at: number): boolean;
  lua_toboolean(L: LuaState, at: number): boolean;
  lua_pushstring(L: LuaState, text: Uint8Array): void;
  lua_pushinteger(L: LuaState, number: number): void;
  lua_pushboolean(L: LuaState, value: boolean): void;
  lua_pushcfunction(L: LuaState, call: (L: LuaState) => number): void;
  lua_rawgeti(L: LuaState, at: number, index: number): number;
  lua_rawseti(L: LuaState, at: number, index: number): void;
  lua_rawlen(L: LuaState, at: number): number;
  lua_getfield(L: LuaState, at: number, name: Uint8Array): number;
  lua_setfield(L: LuaState, at: number, name: Uint8Array): void;
  lua_getglobal(L: LuaState, name: Uint8Array): number;
  lua_setglobal(L: LuaState, name: Uint8Array): void;
  lua_pcall(L: LuaState, args: number, results: number, handler: number): number;
  lua_error(L: LuaState): number;
}
interface Fengari {
  lua: Lua;
  lauxlib: {
    luaL_newstate(): LuaState;
    luaL_loadbuffer(L: LuaState, code: Uint8Array, size: number, name: Uint8Array): number;
    luaL_ref(L: LuaState, table: number): number;
  };
  lualib: { luaL_openlibs(L: LuaState): void };
}

const { lua, lauxlib, lualib } = createRequire(import.meta.url)('fengari') as Fengari;

const luaText = (text: Bytes): Uint8Array => {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
};
const ofLua = (text: Uint8Array): Bytes => Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');

const [KEYS, ARGV, ERR, OK] = ['KEYS', 'ARGV', 'err', 'ok'].map(luaText) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** Runs the product's scripts as they are, in a Lua of its own, on a simulated store. Each is compiled once. */
export class LuaScripts {
  readonly #state = lauxlib.luaL_newstate();
  readonly #compiled = new Map<string, number>();
  #store: RedisStore | null = null;

  constructor() {
    const L = this.#state;
    lualib.luaL_openlibs(L);
    lua.lua_getglobal(L, luaText('table'));
    lua.lua_getfield(L, -1, luaText('unpack'));
    lua.lua_setglobal(L, luaText('unpack'));
    lua.lua_createtable(L, 0, 2);
    lua.lua_pushcfunction(L, (state) => this.#call(state));
    lua.lua_setfield(L, -2, luaText('call'));
    lua.lua_pushcfunction(L, (state) => {
      lua.lua_createtable(state, 0, 1);
      lua.lua_pushstring(state, lua.lua_tolstring(state, 1));
      lua.lua_setfield(state, -2, ERR);
      return 1;
    });
    lua.lua_setfield(L, -2, luaText('error_reply'));
    lua.lua_setglobal(L, luaText('redis'));
    lua.lua_settop(L, 0);
  }

  /** Throws ReplyError for what the script answers or throws as an error. */
  run(store: RedisStore, script: string, keys: readonly Bytes[], args: readonly Bytes[]): Reply {
    const L = this.#state;
    const compiled = this.#compiled.get(script) ?? this.#compile(script);
    this.#store = store;
    this.#setTable(KEYS, keys);
    this.#setTable(ARGV, args);
    lua.lua_rawgeti(L, lua.LUA_REGISTRYINDEX, compiled);
    const failed = lua.lua_pcall(L, 0, 1, 0);
    try {
      if (failed) throw new ReplyError(`ERR ${ofLua(lua.lua_tolstring(L, -1))}`);
      return this.#reply(-1);
    } finally {
      lua.lua_settop(L, 0);
    }
  }

  #compile(script: string): number {
    const L = this.#state;
    const code = luaText(Buffer.from(script).toString('latin1'));
    if (lauxlib.luaL_loadbuffer(L, code, code.length, luaText('@script'))) throw new Error(`script does not compile: ${ofLua(lua.lua_tolstring(L, -1))}`);
    const reference = lauxlib.luaL_ref(L, lua.LUA_REGISTRYINDEX);
    this.#compiled.set(script, reference);
    return reference;
  }

  #setTable(name: Uint8Array, items: readonly Bytes[]): void {
    const L = this.#state;
    lua.lua_createtable(L, items.length, 0);
    for (let at = 0; at < items.length; at += 1) {
      lua.lua_pushstring(L, luaText(items[at] as Bytes));
      lua.lua_rawseti(L, -2, at + 1);
    }
    lua.lua_setglobal(L, name);
  }

  /** redis.call(command, ...): arguments are strings or numbers, as Redis has it. */
  #call(L: LuaState): number {
    const count = lua.lua_gettop(L);
    const args: Bytes[] = [];
    for (let at = 1; at <= count; at += 1) {
      const type = lua.lua_type(L, at);
      if (type === lua.LUA_TNUMBER) args.push(String(lua.lua_tonumber(L, at)));
      else if (type === lua.LUA_TSTRING) args.push(ofLua(lua.lua_tolstring(L, at)));
      else return this.#fail(L, 'Lua redis lib command arguments must be strings or integers');
    }
    try {
      this.#push(L, (this.#store as RedisStore).run(args[0] as string, args.slice(1)));
      return 1;
    } catch (error) {
      if (error instanceof ReplyError) return this.#fail(L, error.message);
      throw error;
    }
  }

  #fail(L: LuaState, message: string): number {
    lua.lua_pushstring(L, luaText(message));
    return lua.lua_error(L);
  }

  #push(L: LuaState, reply: Reply): void {
    if (reply === null) lua.lua_pushboolean(L, false);
    else if (typeof reply === 'number') lua.lua_pushinteger(L, reply);
    else if (typeof reply === 'string') lua.lua_pushstring(L, luaText(reply));
    else {
      lua.lua_createtable(L, reply.length, 0);
      for (const [at, item] of reply.entries()) {
        this.#push(L, item);
        lua.lua_rawseti(L, -2, at + 1);
      }
    }
  }

  /** Numbers lose their fractions, a table ends at its first nil: Redis's own rules. */
  #reply(at: number): Reply {
    const L = this.#state;
    switch (lua.lua_type(L, at)) {
      case lua.LUA_TSTRING:
        return ofLua(lua.lua_tolstring(L, at));
      case lua.LUA_TNUMBER:
        return Math.trunc(lua.lua_tonumber(L, at));
      case lua.LUA_TBOOLEAN:
        return lua.lua_toboolean(L, at) ? 1 : null;
      case lua.LUA_TTABLE:
        return this.#tableReply(lua.lua_gettop(L));
      default:
        return null;
    }
  }

  #tableReply(table: number): Reply {
    const L = this.#state;
    for (const field of [ERR, OK]) {
      const type = lua.lua_getfield(L, table, field);
      const text = type === lua.LUA_TSTRING ? ofLua(lua.lua_tolstring(L, -1)) : null;
      lua.lua_settop(L, table);
      if (text === null) continue;
      if (field === ERR) throw new ReplyError(text);
      return text;
    }
    const items: Reply[] = [];
    for (let index = 1; ; index += 1) {
      const type = lua.lua_rawgeti(L, table, index);
      if (type === 0) break;
      items.push(this.#reply(-1));
      lua.lua_settop(L, table);
    }
    lua.lua_settop(L, table);
    return items;
  }
}
