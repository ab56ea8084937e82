"""The ledger of `ledger.py` as a script that Redis runs, for processes that share a quota.

The two are one policy: the same vectors and the same random traces are put to both, and every
decision must agree. A bucket is one hash, and the script's only key, so it works in a cluster too.
What a field is called here is what `Bucket` calls it; a lease (one request under way) is the field
`lease:<id>`, so that the share of a process which has died returns when its lease runs out.

Arguments: operation, seconds now ("" for Redis's own time), lease id, then those of the operation:

* `ask`, random number, 1 to spread those who waited together, seconds that a lease lasts. Answers
  `go, pause, number, least, at, epoch`, or `until, time, seconds to it, seconds of it that nobody
  asked for`, or `await, usual round trip`.
* `answered`, number, least, at, epoch, seconds it took, remaining, reset_in.
* `refused`, number, least, at, epoch, seconds it took, retry_after.
* `lost`.

Numbers travel as decimal text, what is not known as "". `epoch` tells accounts apart that had the
same key one after the other, such as before and after a restart of Redis.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LEDGER_SCRIPT"]

LEDGER_SCRIPT: Final = r"""
local FOREIGN_GAIN, FOREIGN_DECAY, RTT_GAIN = 0.3, 0.98, 0.3
local NEGLIGIBLE, SPREAD, TICK = 0.2, 0.01, 0.001
local GAP_LEAST, GAP_MOST, GAP_DECAY = 0.05, 5.0, 0.9
local KEPT, LONGEST = 600, 86400
local NEVER, ALWAYS = -math.huge, math.huge
local NAMES = {'sent', 'done', 'total', 'raised_by', 'reset', 'granted', 'closed', 'foreign',
  'rtt', 'gap', 'window', 'unmetered', 'probing', 'seen', 'sweep'}
local DEFAULTS = {sent = 0, done = 0, raised_by = 0, reset = NEVER, granted = NEVER,
  closed = NEVER, foreign = 0, rtt = 0, gap = 0, window = ALWAYS, unmetered = 0, probing = 0}

local key, operation, lease = KEYS[1], ARGV[1], 'lease:' .. ARGV[3]
local now = tonumber(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) + tonumber(time[2]) / 1000000
end

local function text(value) return string.format('%.17g', value) end

local s, was = {}, redis.call('HMGET', key, unpack(NAMES))
for i, name in ipairs(NAMES) do s[name] = tonumber(was[i] or '') or DEFAULTS[name] end
local epoch = redis.call('HGET', key, 'epoch')
if not epoch then
  epoch = ARGV[3]
  redis.call('HSET', key, 'epoch', epoch)
end

local function save(lasts)
  local set = {}
  for i, name in ipairs(NAMES) do
    local value = s[name]
    if value == nil or value == NEVER or value == ALWAYS then
      if was[i] then redis.call('HDEL', key, name) end
    elseif text(value) ~= was[i] then
      set[#set + 1] = name
      set[#set + 1] = text(value)
    end
  end
  if #set > 0 then redis.call('HSET', key, unpack(set)) end
  local needed = math.max(0, s.reset - now, s.closed - now, (s.sweep or now) - now, lasts or 0)
  redis.call('EXPIRE', key, math.ceil(needed) + KEPT)
end

local function lost()
  s.sent = s.sent - 1
  s.probing = 0
  if s.granted == s.reset then s.granted = NEVER end
end

local function sweep()
  if not s.sweep or now < s.sweep then return end
  local all, earliest = redis.call('HGETALL', key), nil
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 6) == 'lease:' then
      local ends = tonumber(all[i + 1])
      if ends <= now then
        redis.call('HDEL', key, all[i])
        lost()
      elseif not earliest or ends < earliest then
        earliest = ends
      end
    end
  end
  s.sweep = earliest
end

local function margin()
  local others = s.foreign * s.rtt
  if others <= NEGLIGIBLE then return 0 end
  return math.ceil(others)
end

local function decide(random)
  if now < s.closed then return 'until', s.closed + random * (SPREAD + s.gap) end
  local under_way = s.sent - s.done
  if s.unmetered == 1 then
    if under_way < math.max(1, s.window) then return 'go', 0 end
    return 'await'
  end
  if not s.total then
    if s.probing == 1 and under_way ~= 0 then return 'await' end
    return 'go', 0
  end
  if s.total - s.sent >= 1 + margin() then return 'go', 0 end
  if s.reset > s.granted then
    if now >= s.reset then return 'go', random * 2 * s.gap end
    return 'until', s.reset
  end
  if under_way ~= 0 then return 'await' end
  return 'go', 0
end

if operation == 'ask' then
  sweep()
  local decision, value = decide(tonumber(ARGV[4]))
  if decision ~= 'go' then
    save()
    if decision == 'await' then return {decision, text(s.rtt)} end
    return {decision, text(value), text(value - now), text(s.rtt + SPREAD + s.gap)}
  end
  local pause = 0
  if ARGV[5] == '1' then pause = value end
  local at, lasts = now + pause, tonumber(ARGV[6])
  if not s.total then
    s.probing = 1
  elseif s.total - s.sent < 1 + margin() and at >= s.reset and s.reset > s.granted then
    s.granted = s.reset
  end
  s.sent = s.sent + 1
  redis.call('HSET', key, lease, text(at + lasts))
  s.sweep = math.min(s.sweep or ALWAYS, at + lasts)
  save(pause + lasts)
  return {'go', text(pause), text(s.sent), text(s.done + 1), text(at), epoch}
end

local held = redis.call('HDEL', key, lease) == 1
if operation == 'lost' then
  if held then lost() end
  save()
  return {'booked'}
end

local number, least, at = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
if not held then s.sent = s.sent + 1 end
if ARGV[7] ~= epoch then number, least = s.sent, 1 end
if not at then at = now - tonumber(ARGV[8]) end
s.done = s.done + 1
s.probing = 0
local took = math.max(0, now - at)
local gain = 1
if s.seen then gain = RTT_GAIN end
s.rtt = s.rtt + (took - s.rtt) * gain

if operation == 'answered' then
  local remaining, reset_in = tonumber(ARGV[9]), tonumber(ARGV[10])
  if not remaining then
    if not s.total then s.unmetered = 1 end
    if s.window ~= ALWAYS then s.window = s.window + 1 / math.max(1, s.window) end
  else
    s.unmetered = 0
    local most = s.sent
    if not s.total or remaining + least > s.total then
      s.total = remaining + least
      s.raised_by = number
    elseif number >= s.raised_by and remaining + most < s.total then
      local elapsed = math.max(TICK, now - (s.seen or at))
      local taken = (s.total - remaining - most) / elapsed
      s.foreign = s.foreign + FOREIGN_GAIN * (taken - s.foreign)
      s.total = remaining + most
    else
      s.foreign = s.foreign * FOREIGN_DECAY
    end
    s.seen = now
    s.gap = s.gap * GAP_DECAY
    if reset_in then s.reset = math.max(s.reset, at + s.rtt / 2 + math.min(reset_in, LONGEST)) end
  end
else
  local retry_after = tonumber(ARGV[9])
  s.closed = math.max(s.closed, now + math.min(retry_after or 0, LONGEST))
  s.gap = math.min(GAP_MOST, math.max(GAP_LEAST, 2 * s.gap))
  if s.unmetered == 1 then
    s.window = math.max(1, math.min(s.window, s.sent - s.done + 1) / 2)
  else
    s.total = s.sent
    s.raised_by = number
    if retry_after then s.reset = s.closed else s.reset = math.max(s.reset, now) end
  end
end
save()
return {'booked'}
"""
