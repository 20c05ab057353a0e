#include "platform/api/rcu.h"

namespace ovs {

void Reclaimer::append(Queue& queue, Queue more) {
  if (more.first == nullptr) return;
  if (queue.last == nullptr) {
    queue.first = more.first;
  } else {
    queue.last->next_ = more.first;
  }
  queue.last = more.last;
  queue.count += more.count;
}

std::size_t Reclaimer::destroy_all(Queue queue) {
  while (RcuObject* object = queue.first) {
    queue.first = object->next_;
    object->destroy_(object);
  }
  return queue.count;
}

void Reclaimer::enqueue(RcuObject* object, void (*destroy)(RcuObject*)) {
  object->next_ = nullptr;
  object->destroy_ = destroy;
  state_.with([object](State& state) { append(state.fresh, {object, object, 1}); });
}

std::size_t Reclaimer::poll(Passive) {
  const Queue done = state_.with([](State& state) {
    Queue over;
    if (state.waiting.count > 0 && rcu_is_over(state.period)) {
      over = std::exchange(state.waiting, {});
    }
    if (state.waiting.count == 0 && state.fresh.count > 0) {
      state.waiting = std::exchange(state.fresh, {});
      state.period = rcu_start_grace_period();
    }
    return over;
  });
  return destroy_all(done);
}

void Reclaimer::drain(Passive passive) {
  while (pending() > 0) {
    const Queue all = state_.with([](State& state) {
      Queue taken = std::exchange(state.waiting, {});
      append(taken, std::exchange(state.fresh, {}));
      return taken;
    });
    synchronize(passive);
    destroy_all(all);
  }
}

std::size_t Reclaimer::pending() const {
  return state_.with([](const State& state) { return state.fresh.count + state.waiting.count; });
}

}  // namespace ovs
