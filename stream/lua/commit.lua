-- One chunk, one commit: all of it if the stored offset is the one expected, else nothing.
-- KEYS[1] meta hash of the partition; every other key has the same hash tag and begins with ARGV[1].
-- ARGV[2] MessagePack: {expected, next, watermark, facts, cells, index, labels, sources, counts, expiry, log, meta,
-- kept of the log}.
-- Returns {1, next}, or {0, stored offset} (-1: none is stored).
local base = ARGV[1]
local p = cmsgpack.unpack(ARGV[2])
local expected, nxt, watermark = p[1], p[2], p[3]
local stored = tonumber(redis.call('HGET', KEYS[1], 'offset') or '-1')
if stored ~= expected then return {0, stored} end

-- Redis refuses the first write of a script when it is out of memory, and none after it. Whatever fails later leaves
-- `open` behind, which tells the next reader that this partition has to be rebuilt.
redis.call('HSET', KEYS[1], 'open', nxt)
local call = redis.call
local function put(key, flat)
  local n = #flat
  for i = 1, n, 4000 do
    call('HSET', key, unpack(flat, i, math.min(i + 3999, n)))
  end
end
local function del(key, fields)
  for i = 1, #fields, 4000 do
    call('HDEL', key, unpack(fields, i, math.min(i + 3999, #fields)))
  end
end

for _, bucket in ipairs(p[4]) do
  local key = base .. 'f:' .. bucket[1]
  put(key, bucket[2])
  del(key, bucket[3])
  local grown = bucket[4]
  for i = 1, #grown, 2 do
    call('HSET', key, grown[i], call('HGET', key, grown[i]) .. grown[i + 1])
  end
end
local dirty, d = {}, 0
for _, pane in ipairs(p[5]) do
  local name, touched = pane[1], {}
  for _, row in ipairs(pane[2]) do
    local lid, flat = row[1], row[2]
    local key = base .. 'c:' .. name .. ':' .. lid
    for i = 1, #flat, 2 do
      if call('HINCRBY', key, flat[i], flat[i + 1]) == 0 then call('HDEL', key, flat[i]) end
    end
    touched[#touched + 1] = lid
    touched[#touched + 1] = nxt
  end
  put(base .. 'p:' .. name, touched)
  dirty[d + 1], dirty[d + 2], d = nxt, 'c:' .. name, d + 2
end
for _, bucket in ipairs(p[6]) do
  local key = base .. bucket[1]
  put(key, bucket[2])
  del(key, bucket[3])
  dirty[d + 1], dirty[d + 2], d = nxt, bucket[1], d + 2
end
if #p[7] > 0 then
  put(base .. 'l', p[7])
  dirty[d + 1], dirty[d + 2], d = nxt, 'l', d + 2
end
for i = 1, d, 4000 do call('ZADD', base .. 'z', unpack(dirty, i, math.min(i + 3999, d))) end
put(base .. 'o', p[8])
for i = 1, #p[9], 2 do call('HINCRBY', base .. 'n', p[9][i], p[9][i + 1]) end
for _, day in ipairs(p[10]) do
  put(base .. 'x:' .. day[1], day[2])
  call('ZADD', base .. 'z', nxt, 'x:' .. day[1])
end
for i = 1, #p[11] do call('RPUSH', base .. 'g', p[11][i]) end
if #p[11] > 0 then call('LTRIM', base .. 'g', -p[13], -1) end

put(KEYS[1], p[12])
if watermark then call('HSET', KEYS[1], 'watermark', watermark) end
call('HSET', KEYS[1], 'offset', nxt)
call('HDEL', KEYS[1], 'open')
return {1, nxt}
