from symrnn.documents.document import Figure
from symrnn.documents.shapes import to_svg
from symrnn.documents.unrolled import Unrolled, unrolled
def figures():
    u=unrolled(Unrolled(("x",),("h",),("h",),("y_hat",),"J","cell"))
    v=unrolled(Unrolled(("x","s"),("c","h"),("h",),("p",),"J","LSTM"))
    return (Figure("unrolled",to_svg(u),"The network over its steps: values forward, adjoints back.","d"),
     Figure("unrolled2",to_svg(v),"The network over its steps: values forward, adjoints back.","d"))
