-- Take over a pane from the tables of another generation of the same partition. KEYS[1] meta hash of ours; ARGV[1] our
-- prefix, ARGV[2] theirs, ARGV[3] the pane, ARGV[4] 1 if theirs takes the place of ours, 0 if of each cell the greater
-- one stays, ARGV[5] MessagePack: {their number of a label set, ours, …}. Called again it changes nothing.
-- Returns how many cells came over.
local ours, theirs, pane, call = ARGV[1], ARGV[2], ARGV[3], redis.call
local number, offset = {}, call('HGET', KEYS[1], 'offset')
local flat, taken = cmsgpack.unpack(ARGV[5]), 0
for i = 1, #flat, 2 do number[flat[i]] = flat[i + 1] end
if ARGV[4] == '1' then
  for _, lid in ipairs(call('HKEYS', ours .. 'p:' .. pane)) do
    call('DEL', ours .. 'c:' .. pane .. ':' .. lid)
    call('HSET', ours .. 'p:' .. pane, lid, offset)
  end
end
for _, lid in ipairs(call('HKEYS', theirs .. 'p:' .. pane)) do
  local to = number[tonumber(lid)]
  if to then
    local key = ours .. 'c:' .. pane .. ':' .. to
    local cells = call('HGETALL', theirs .. 'c:' .. pane .. ':' .. lid)
    for i = 1, #cells, 2 do
      if tonumber(call('HGET', key, cells[i]) or '0') < tonumber(cells[i + 1]) or ARGV[4] == '1' then
        call('HSET', key, cells[i], cells[i + 1])
        taken = taken + 1
      end
    end
    call('HSET', ours .. 'p:' .. pane, to, offset)
  end
end
call('ZADD', ours .. 'z', offset, 'c:' .. pane)
return taken
