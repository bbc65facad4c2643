-- Facts of many owners in one call. KEYS[1] meta hash, ARGV[1] prefix, ARGV[2] MessagePack: {{bucket, field}, …}.
-- Returns the stored offset (-1: none), and MessagePack: the values in the same order, false where there is none.
local found = {}
for i, want in ipairs(cmsgpack.unpack(ARGV[2])) do
  found[i] = redis.call('HGET', ARGV[1] .. 'f:' .. want[1], want[2])
end
return {tonumber(redis.call('HGET', KEYS[1], 'offset') or '-1'), cmsgpack.pack(found)}
