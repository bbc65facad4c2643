-- Take over a pane from the tables of another generation. KEYS[1] meta hash of ours; ARGV[1] our prefix, ARGV[2] the
-- pane, ARGV[3] 1 if theirs takes the place of ours, 0 if of each cell the greater one stays, ARGV[4] MessagePack:
-- {our number of a label set, {measure, their number, …}, …}. Called again it changes nothing.
-- Returns how many cells came over.
local ours, pane, call = ARGV[1], ARGV[2], redis.call
local offset, taken = call('HGET', KEYS[1], 'offset'), 0
local groups = cmsgpack.unpack(ARGV[4])
if ARGV[3] == '1' then
  for _, lid in ipairs(call('HKEYS', ours .. 'p:' .. pane)) do
    call('DEL', ours .. 'c:' .. pane .. ':' .. lid)
    call('HSET', ours .. 'p:' .. pane, lid, offset)
  end
end
for i = 1, #groups, 2 do
  local key, cells = ours .. 'c:' .. pane .. ':' .. groups[i], groups[i + 1]
  for j = 1, #cells, 2 do
    if tonumber(call('HGET', key, cells[j]) or '0') < tonumber(cells[j + 1]) or ARGV[3] == '1' then
      call('HSET', key, cells[j], cells[j + 1])
      taken = taken + 1
    end
  end
  call('HSET', ours .. 'p:' .. pane, groups[i], offset)
end
call('ZADD', ours .. 'z', offset, 'c:' .. pane)
return taken
