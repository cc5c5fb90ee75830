from __future__ import annotations
import time

def test_whole(nights):
    night = nights("small")
    before = night.fake.snapshot()
    t=time.time()
    night.run(securing="none_running")
    print(time.time()-t)
    for c in night.fake.changes: print(c)
    print(night.red, night.state)
    assert night.state == "success"
    assert night.fake.snapshot() == before
