-- Take away what the watermark has passed. KEYS[1] meta hash; ARGV[1] prefix, ARGV[2] expected offset,
-- ARGV[3] MessagePack: {names, {{bucket, {field, …}}, …}}: names of panes and buckets, and facts by bucket.
-- Returns 1, or 0 if the partition has another owner by now.
local base = ARGV[1]
if (redis.call('HGET', KEYS[1], 'offset') or '-1') ~= ARGV[2] then return 0 end
local p = cmsgpack.unpack(ARGV[3])
for _, name in ipairs(p[1]) do
  if string.sub(name, 1, 1) == 'c' then
    local pane = string.sub(name, 3)
    for _, lid in ipairs(redis.call('HKEYS', base .. 'p:' .. pane)) do
      redis.call('DEL', base .. 'c:' .. pane .. ':' .. lid)
    end
    redis.call('DEL', base .. 'p:' .. pane)
  else
    redis.call('DEL', base .. name)
  end
  redis.call('ZREM', base .. 'z', name)
end
for _, bucket in ipairs(p[2]) do
  for i = 1, #bucket[2], 4000 do
    local last = math.min(i + 3999, #bucket[2])
    redis.call('HDEL', base .. 'f:' .. bucket[1], unpack(bucket[2], i, last))
    redis.call('HDEL', base .. 'h', unpack(bucket[2], i, last))
  end
end
return 1
