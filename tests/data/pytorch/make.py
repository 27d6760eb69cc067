#!/usr/bin/env python3
"""Writes the pickle of a small checkpoint as torch.save does, without PyTorch.

make.py FILE PROTOCOL made the state_dict.protocol-N.pkl here.
"""
import collections
import pickle
import sys
import types


def module(name, **members):
    made = types.ModuleType(name)
    for key, value in members.items():
        value.__module__, value.__qualname__, value.__name__ = name, key, key
        setattr(made, key, value)
    sys.modules[name] = made


class FloatStorage:
    pass


class LongStorage:
    pass


def rebuild_tensor(*arguments):
    pass


def rebuild_parameter(*arguments):
    pass


module("torch", FloatStorage=FloatStorage, LongStorage=LongStorage)
module("torch._utils", _rebuild_tensor_v2=rebuild_tensor, _rebuild_parameter=rebuild_parameter)


class Storage:
    def __init__(self, kind, key, size):
        self.id = ("storage", kind, key, "cpu", size)


class Tensor:
    def __init__(self, storage, offset, shape, strides):
        self.parts = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return rebuild_tensor, self.parts


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return rebuild_parameter, (self.tensor, True, collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None


class Custom:
    """Something of no known class: to be passed over, never made."""


def checkpoint():
    state = collections.OrderedDict()
    state["conv1.weight"] = Tensor(Storage(FloatStorage, "0", 24), 0, (2, 3, 4), (12, 4, 1))
    state["bn1.num_batches_tracked"] = Tensor(Storage(LongStorage, "1", 1), 0, (), ())
    state["turned"] = Tensor(Storage(FloatStorage, "2", 300), 4, (70, 3), (1, 70))
    state["fc.bias"] = Parameter(Tensor(Storage(FloatStorage, "3", 1000), 0, (1000,), (1,)))
    state._metadata = collections.OrderedDict([("", {"version": 1}), ("conv1", {"version": 1})])
    return {
        "epoch": 201,
        "negative": -70000,
        "large": 1 << 40,
        "state_dict": state,
        "best_prec1": 0.875,
        "flags": [True, None, (1, 2, 3, 4), Custom()],
        7: "a key that is no text",
    }


def main():
    _, path, protocol = sys.argv
    with open(path, "wb") as file:
        Pickler(file, int(protocol)).dump(checkpoint())


main()
